// Signs a call of Pontus and sends it: go run sign.go [--headers] METHOD URL [BODY]
package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// strongSum covers method, path with query, and body.
func strongSum(key, method, path, nonce, code, execTime, body string) string {
	digest := sha256.Sum256([]byte(body))
	lines := []string{method, path, nonce, code, execTime, hex.EncodeToString(digest[:])}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(mac.Sum(nil))
}

// shortSum covers neither method, path nor body.
func shortSum(key, nonce, code, execTime string) string {
	sum := sha1.Sum([]byte(key + nonce + code + execTime))
	return hex.EncodeToString(sum[:])
}

// freshNonce is 128 random bits: never used twice.
func freshNonce() string {
	number, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	check(err)
	return number.String()
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func envOr(name, other string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return other
}

func main() {
	args := os.Args[1:]
	shown := len(args) > 0 && args[0] == "--headers"
	if shown {
		args = args[1:]
	}
	if len(args) < 2 {
		check(fmt.Errorf("usage: sign [--headers] METHOD URL [BODY]"))
	}
	method, address, body := args[0], args[1], strings.Join(args[2:], "")
	target, err := url.Parse(address)
	check(err)
	key, code := os.Getenv("API_PRIVATE_KEY"), os.Getenv("API_CLIENT_CODE")
	nonce := envOr("API_NONCE", freshNonce())
	execTime := envOr("API_EXEC_TIME", strconv.FormatInt(time.Now().Unix(), 10))
	sum := strongSum(key, method, target.RequestURI(), nonce, code, execTime, body)
	if os.Getenv("API_FORM") == "sha1" {
		sum = shortSum(key, nonce, code, execTime)
	}
	headers := [][2]string{
		{"apiPublicKey", os.Getenv("API_PUBLIC_KEY")},
		{"apiClientCode", code},
		{"apiNonce", nonce},
		{"apiExecTime", execTime},
		{"apiCheckSum", sum},
	}
	request, err := http.NewRequest(method, address, strings.NewReader(body))
	check(err)
	for _, header := range headers {
		if shown {
			fmt.Printf("%s: %s\n", header[0], header[1])
		}
		request.Header.Set(header[0], header[1])
	}
	if shown {
		return
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	client := http.Client{Timeout: time.Minute}
	response, err := client.Do(request)
	check(err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	check(err)
	fmt.Println(string(answer))
	if response.StatusCode >= 300 {
		os.Exit(1)
	}
}
