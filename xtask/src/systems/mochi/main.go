// Command mochi runs the broker of that name at two addresses, for TCP and for WebSocket, until it is ended.
package main

import (
	"log"
	"os"
	"os/signal"
	"syscall"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: mochi TCP-ADDRESS WEBSOCKET-ADDRESS")
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)

	server := mqtt.New(nil)
	must(server.AddHook(new(auth.AllowHook), nil))
	must(server.AddListener(listeners.NewTCP(listeners.Config{ID: "tcp", Address: os.Args[1]})))
	must(server.AddListener(listeners.NewWebsocket(listeners.Config{ID: "ws", Address: os.Args[2]})))
	must(server.Serve())
	<-ended
	must(server.Close())
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
