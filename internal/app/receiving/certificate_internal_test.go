package receiving

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// renew writes a new certificate, and returns its serial number.
func renew(t *testing.T, certFile, keyFile string, serial int64) int64 {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	return serial
}

// A renewed certificate is used within a minute. Files that cannot be used leave the last one in place, and are reported.
func TestCertificateIsReadAgain(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Now()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	first := renew(t, certFile, keyFile, 1)
	var log bytes.Buffer
	c, err := newCertificate(certFile, keyFile, zerolog.New(&log), func() time.Time { return now })
	require.NoError(t, err)
	serial := func() int64 {
		got, err := c.get(nil)
		require.NoError(t, err)
		return got.Leaf.SerialNumber.Int64()
	}
	second := renew(t, certFile, keyFile, 2)
	require.Equal(t, first, serial(), "the files are not read for each connection")
	now = now.Add(reloadEvery)
	require.Equal(t, second, serial())
	require.Contains(t, log.String(), "has changed")
	require.NoError(t, os.WriteFile(keyFile, []byte("half a key"), 0o600))
	now = now.Add(reloadEvery)
	require.Equal(t, second, serial())
	require.Contains(t, log.String(), "RECEIVER_TLS_KEY_FILE")
	third := renew(t, certFile, keyFile, 3)
	now = now.Add(reloadEvery)
	require.Equal(t, third, serial())
}
