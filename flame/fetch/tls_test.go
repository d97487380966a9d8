package fetch

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(pprofMux())
	s.Config.ErrorLog = discard()
	s.StartTLS()
	defer s.Close()
	fetch := func(o Options, url string) error {
		_, err := client(t, o).Fetch(context.Background(), mustParse(t, url, TargetOptions{Suffix: "heap"}))
		return err
	}
	wantError(t, fetch(Options{}, s.URL), "authority that is not trusted", "--ca", "--insecure")
	if err := fetch(Options{Insecure: true}, s.URL); err != nil {
		t.Error(err)
	}
	if err := fetch(Options{}, strings.Replace(s.URL, "https", "https+insecure", 1)); err != nil {
		t.Error(err)
	}
	ca := writePEM(t, s.Certificate().Raw)
	if err := fetch(Options{CAFile: ca}, s.URL); err != nil {
		t.Error(err)
	}
	wantError(t, fetch(Options{CAFile: ca}, strings.Replace(s.URL, "127.0.0.1", "localhost", 1)), "for another name")
	// Each speaks the wrong protocol to the other.
	wantError(t, fetch(Options{}, strings.Replace(s.URL, "https", "http", 1)), "speaks TLS", "use https://")
	plain := serve(t, pprofMux())
	wantError(t, fetch(Options{Insecure: true}, strings.Replace(plain.URL, "http", "https", 1)), "speaks plain HTTP", "use http://")
}

func TestClientCertificate(t *testing.T) {
	s := httptest.NewUnstartedServer(pprofMux())
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	s.Config.ErrorLog = discard()
	s.StartTLS()
	defer s.Close()
	x := mustParse(t, s.URL, TargetOptions{Suffix: "heap"})
	_, err := client(t, Options{Insecure: true}).Fetch(context.Background(), x)
	wantError(t, err) // the alert may be lost in the closing connection
	cert, key := clientCertificate(t)
	mustFetch(t, client(t, Options{Insecure: true, CertFile: cert, KeyFile: key}), x)
}

func discard() *log.Logger { return log.New(io.Discard, "", 0) }

// clientCertificate makes a self-signed pair and returns its files.
func clientCertificate(t testing.TB) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "flame"}, NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	pk, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	key = filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pk}), 0o600); err != nil {
		t.Fatal(err)
	}
	return writePEM(t, der), key
}

func writePEM(t testing.TB, der []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
