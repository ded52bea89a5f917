// A service in Go that describes itself with the public FARP library, as its users do: manifest, hash and checksum are
// what that library makes of them. It announces itself by push, by multicast DNS in Forge's layout, or as a key of etcd.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/grandcat/zeroconf"
	"github.com/xraph/farp"
)

func main() {
	mode := flag.String("mode", "push", "push, mdns or etcd")
	at := flag.String("at", "", "base URL of the gateway, or of etcd")
	name := flag.String("name", "gophers", "name of the service")
	flag.Parse()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	port := listener.Addr().(*net.TCPAddr).Port
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	id := fmt.Sprintf("%s-%d", *name, port)

	schema := map[string]any{
		"openapi": "3.1.0",
		"info":    map[string]any{"title": *name, "version": "1.0.0", "description": "<b>&</b> escaped by Go"},
		"paths": map[string]any{"/gophers/{id}": map[string]any{"get": map[string]any{
			"parameters": []any{map[string]any{"name": "id", "in": "path", "required": true, "schema": map[string]any{"type": "string"}}},
			"responses":  map[string]any{"200": map[string]any{"description": "one"}},
		}}},
	}
	hash, err := farp.CalculateSchemaChecksum(schema)
	check(err)
	manifest := farp.NewManifest(*name, "1.0.0", id)
	manifest.Endpoints.Health = "/health"
	manifest.Routing.Strategy = farp.MountStrategyService
	manifest.AddCapability("openapi")
	manifest.AddSchema(farp.SchemaDescriptor{
		Type:        farp.SchemaTypeOpenAPI,
		SpecVersion: "3.1.0",
		Location:    farp.SchemaLocation{Type: farp.LocationTypeHTTP, URL: base + "/openapi.json"},
		ContentType: "application/json",
		Hash:        hash,
	})
	check(manifest.UpdateChecksum())
	check(manifest.Validate())

	http.HandleFunc("/_farp/manifest", answer(manifest))
	http.HandleFunc("/openapi.json", answer(schema))
	http.HandleFunc("/health", answer(map[string]any{"status": "healthy"}))
	http.HandleFunc("/gophers/", answer(map[string]any{"from": *name}))
	go func() { check(http.Serve(listener, nil)) }()

	metadata := map[string]string{
		"farp.enabled":      "true",
		"farp.manifest":     base + "/_farp/manifest",
		"farp.health":       "/health",
		"farp.capabilities": "openapi",
	}
	goodbye := announce(*mode, *at, *name, id, port, metadata)
	fmt.Println("ready", base)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	<-stop
	goodbye()
}

func announce(mode, at, name, id string, port int, metadata map[string]string) (goodbye func()) {
	instance := map[string]any{
		"id": id, "service_name": name, "service_version": "1.0.0", "address": "localhost", "port": port,
		"tags": nil, "metadata": metadata,
	}
	switch mode {
	case "push":
		call("POST", at+"/_farp/v1/register", map[string]any{"instance": instance})
		// By name, as Forge does.
		return func() { call("DELETE", at+"/_farp/v1/deregister/"+name, nil) }
	case "etcd":
		instance["address"] = "127.0.0.1"
		value, err := json.Marshal(instance)
		check(err)
		key := encode([]byte("farp/services/" + name + "/" + id))
		call("POST", at+"/v3/kv/put", map[string]any{"key": key, "value": encode(value)})
		return func() { call("POST", at+"/v3/kv/deleterange", map[string]any{"key": key}) }
	case "mdns":
		txt := []string{"name=" + name, "version=1.0.0", "id=" + id}
		for key, value := range metadata {
			txt = append(txt, key+"="+value)
		}
		loopback, err := net.InterfaceByName("lo")
		check(err)
		server, err := zeroconf.RegisterProxy(id, "_farp._tcp", "local.", port, id, []string{"127.0.0.1"}, txt, []net.Interface{*loopback})
		check(err)
		return server.Shutdown
	}
	log.Fatalf("unknown mode %s", mode)
	return nil
}

func answer(value any) http.HandlerFunc {
	return func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "application/json")
		check(json.NewEncoder(response).Encode(value))
	}
}

func call(method, url string, body any) {
	text, err := json.Marshal(body)
	check(err)
	request, err := http.NewRequest(method, url, bytes.NewReader(text))
	check(err)
	response, err := http.DefaultClient.Do(request)
	check(err)
	defer response.Body.Close()
	if response.StatusCode > 201 {
		log.Fatalf("%s %s: %s", method, url, response.Status)
	}
}

func encode(value []byte) string { return base64.StdEncoding.EncodeToString(value) }

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
