// Copyright (c) azlocal.migrate contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// A vCenter that is not ours: govmomi's simulator library as a server, for the tests of the vCenter client.
// It prints the address on which it listens as its only line and serves until it is stopped.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net/url"

	"github.com/vmware/govmomi/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator"
)

func main() {
	machines := flag.Int("vms", 4, "number of virtual machines")
	user := flag.String("user", "", "the only user")
	password := flag.String("password", "", "the user's password")
	certificate := flag.String("cert", "", "PEM file of the server certificate")
	key := flag.String("key", "", "PEM file of its key")
	flag.Parse()

	pair, err := tls.LoadX509KeyPair(*certificate, *key)
	if err != nil {
		log.Fatal(err)
	}
	model := simulator.VPX()
	model.Host = 0 // all machines in the one cluster, so that their number is what was asked for
	model.Machine = *machines
	if err := model.Create(); err != nil {
		log.Fatal(err)
	}
	model.Service.RegisterEndpoints = true
	model.Service.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	model.Service.Listen = &url.URL{Host: "127.0.0.1:0", User: url.UserPassword(*user, *password)}
	server := model.Service.NewServer()
	fmt.Println(server.URL.Host)
	select {}
}
