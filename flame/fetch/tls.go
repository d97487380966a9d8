package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// tlsConfig checks the files at once, so that a typo is an error of New and not
// of every fetch.
func tlsConfig(o Options) (*tls.Config, error) {
	cfg := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: o.Insecure,
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
	}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read CA file: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read CA file %s: it holds no PEM certificate; give the authority's certificate (-----BEGIN CERTIFICATE-----)", o.CAFile)
		}
	}
	if o.KeyFile != "" && o.CertFile == "" {
		return nil, errors.New("read client key: it has no certificate; give the certificate file too")
	}
	if o.CertFile == "" {
		return cfg, nil
	}
	if o.KeyFile == "" {
		o.KeyFile = o.CertFile
	}
	load := func() (*tls.Certificate, error) {
		c, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read client certificate %s with key %s: %w", o.CertFile, o.KeyFile, err)
		}
		return &c, nil
	}
	if _, err := load(); err != nil {
		return nil, err
	}
	// Read again for each handshake: short-lived certificates are renewed in place.
	cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }
	return cfg, nil
}
