// What the public FARP library says of documents, one question in JSON a line, one answer in JSON a line.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/xraph/farp"
)

type question struct {
	Kind    string `json:"kind"`
	Text    string `json:"text"`
	Pattern string `json:"pattern"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		answer, _ := json.Marshal(answerTo(asked))
		output.Write(append(answer, '\n'))
	}
}

func answerTo(asked question) string {
	switch asked.Kind {
	case "manifest":
		manifest, err := farp.FromJSON([]byte(asked.Text))
		if err == nil {
			err = manifest.Validate()
		}
		if err != nil {
			return err.Error()
		}
		return ""
	case "hash":
		var document any
		if err := json.Unmarshal([]byte(asked.Text), &document); err != nil {
			return "no JSON"
		}
		hash, err := farp.CalculateSchemaChecksum(document)
		if err != nil {
			return err.Error()
		}
		return hash
	case "version":
		return fmt.Sprint(farp.IsCompatible(asked.Text))
	case "protocol":
		return farp.ProtocolVersion
	default:
		return fmt.Sprint(farp.MatchPath(asked.Pattern, asked.Text))
	}
}
