// A service made with the public FARP library and nothing else: what it sends is what services send.
// A line on standard input changes its API; SIGTERM ends it.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/xraph/farp"
	"github.com/xraph/farp/discovery"
	"github.com/xraph/farp/providers/openapi"
)

// bearer sends the token, which the library itself knows nothing of.
type bearer struct{ token string }

func (b bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(request)
}

func main() {
	gateway := flag.String("gateway", "", "base URL of the gateway")
	token := flag.String("token", "", "for the gateway")
	name := flag.String("name", "go-orders", "of the service")
	flag.Parse()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	paths := map[string]any{
		"/orders":      path("listOrders", "all orders < 100 & more"),
		"/orders/{id}": path("getOrder", "one order"),
	}
	node, err := discovery.NewServiceNode(discovery.ServiceNodeConfig{
		ServiceName:    *name,
		ServiceVersion: "2.3.0",
		Address:        listener.Addr().String(),
		GatewayURL:     *gateway + "/_farp/v1",
		Providers:      []farp.SchemaProvider{openapi.NewProvider("3.1.0", "/openapi.json")},
		Routes:         paths,
		HealthInterval: 200 * time.Millisecond,
		RetryBackoff:   200 * time.Millisecond,
		HTTPClient:     &http.Client{Timeout: 5 * time.Second, Transport: bearer{*token}},
	})
	check(err)

	mux := http.NewServeMux()
	mux.Handle("/_farp/", node.HTTPHandler())
	mux.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		fmt.Fprintf(response, "go %s", request.URL.Path)
	})
	go func() { check(http.Serve(listener, mux)) }()

	ctx := context.Background()
	check(node.Start(ctx))
	fmt.Println("registered")

	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			paths["/"+lines.Text()] = path(lines.Text(), "new")
			check(node.UpdateSchema(ctx))
			fmt.Println("changed")
		}
	}()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	check(node.Stop(ctx))
	fmt.Println("deregistered")
}

func path(operation, summary string) map[string]any {
	responses := map[string]any{"200": map[string]any{"description": "fine"}}
	return map[string]any{
		"get": map[string]any{"operationId": operation, "summary": summary, "responses": responses},
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
