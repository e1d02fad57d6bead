// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/wsspec/wsspec/internal/testee"
)

// between gives each script what stands between a client and a server: a proxy at
// $PROXYADDR that lets alice in with the password secret, but not to the host
// forbidden.example; an echo server at the socket echo.sock; and a certificate in
// client.pem, with its key in client.key.
func between(env *testscript.Env) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	proxy := &http.Server{Handler: http.HandlerFunc(forward), ReadHeaderTimeout: time.Minute}
	go func() { _ = proxy.Serve(l) }()
	env.Defer(func() { _ = proxy.Close() })
	env.Setenv("PROXYADDR", l.Addr().String())
	env.Setenv("SSLKEYLOGFILE", "")

	socket, err := net.Listen("unix", filepath.Join(env.WorkDir, "echo.sock"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = testee.Server{}.Serve(ctx, socket) }()
	env.Defer(func() { cancel(); <-ended })

	pair, err := clientPair()
	if err != nil {
		return err
	}
	return writePair(env.WorkDir, pair, "client.pem", "client.key")
}

func forward(w http.ResponseWriter, r *http.Request) {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("alice:secret"))
	host, _, _ := net.SplitHostPort(r.Host)
	switch {
	case r.Method != http.MethodConnect:
		w.WriteHeader(http.StatusBadRequest)
		return
	case r.Header.Get("Proxy-Authorization") != want:
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	case host == "forbidden.example":
		w.WriteHeader(http.StatusForbidden)
		return
	}
	up, err := net.Dial("tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer up.Close()
	w.WriteHeader(http.StatusOK)
	down, read, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer down.Close()
	go func() {
		_, _ = io.Copy(up, read) // what has been read already is there, too
		_ = up.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(down, up)
}

// clientPair is a certificate that a client can show, and its own authority.
func clientPair() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
