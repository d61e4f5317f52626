package receiving

import (
	"bytes"
	"crypto/tls"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// reloadEvery is how often a certificate's files are read again.
const reloadEvery = time.Minute

// certificate is a certificate in files, which are read again when they change: certificates are renewed while processes
// run.
type certificate struct {
	certFile, keyFile string
	log               zerolog.Logger
	now               func() time.Time

	mu        sync.Mutex
	looked    time.Time
	cert, key []byte
	loaded    *tls.Certificate
}

// CertificateError says that the configured certificate cannot be used.
type CertificateError struct{ Err error }

// Error implements error.
func (e *CertificateError) Error() string {
	return "use the certificate in RECEIVER_TLS_CERT_FILE and RECEIVER_TLS_KEY_FILE: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *CertificateError) Unwrap() error { return e.Err }

// newCertificate reads a certificate. Later, files that cannot be used are reported, and the last good certificate stays.
func newCertificate(certFile, keyFile string, log zerolog.Logger, now func() time.Time) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log, now: now, looked: now()}
	if err := c.load(); err != nil {
		return nil, &CertificateError{err}
	}
	return c, nil
}

// load reads the files, and takes over what is in them if it has changed.
func (c *certificate) load() error {
	cert, err := os.ReadFile(c.certFile)
	if err != nil {
		return err
	}
	key, err := os.ReadFile(c.keyFile)
	if err != nil {
		return err
	}
	if c.loaded != nil && bytes.Equal(cert, c.cert) && bytes.Equal(key, c.key) {
		return nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return err
	}
	if c.loaded != nil {
		c.log.Info().Time("expires", pair.Leaf.NotAfter).Msg("the certificate has changed")
	}
	c.cert, c.key, c.loaded = cert, key, &pair
	return nil
}

// get returns the certificate for a connection.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= reloadEvery {
		c.looked = now
		if err := c.load(); err != nil {
			c.log.Error().Err(err).Time("expires", c.loaded.Leaf.NotAfter).
				Msg("the new certificate cannot be used, and the old one stays: check RECEIVER_TLS_CERT_FILE and RECEIVER_TLS_KEY_FILE")
		}
	}
	return c.loaded, nil
}
