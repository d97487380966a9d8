package serve

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/crypto/bcrypt"
)

// A Scope is what somebody may do.
type Scope string

// The scopes.
const (
	ScopeRead    Scope = "read"    // see pages, query, metrics
	ScopeWrite   Scope = "write"   // push profiles
	ScopeCapture Scope = "capture" // capture on demand, reload, profile flame itself
)

var allScopes = map[Scope]bool{ScopeRead: true, ScopeWrite: true, ScopeCapture: true}

// Auth says who may do what.
type Auth struct {
	// Users may do everything: names and the bcrypt hashes of their passwords, as
	// in the web configuration of Prometheus's exporters.
	Users map[string]string
	// Tokens are sent as "Authorization: Bearer TOKEN", or as the password of any
	// user name.
	Tokens []Token

	mu    sync.Mutex
	known map[[sha256.Size]byte]bool // passwords that were right: bcrypt is slow on purpose
}

// A Token lets a program in.
type Token struct {
	Name   string // for the log
	SHA256 string // of the token, in hex
	Scopes []Scope
}

// Validate reports what is wrong with the users and tokens.
func (a *Auth) Validate() error {
	for name, hash := range a.Users {
		if _, err := bcrypt.Cost([]byte(hash)); err != nil {
			return fmt.Errorf("check user %q: the password must be a bcrypt hash, as htpasswd -nBC 10 '' prints it", name)
		}
	}
	for _, t := range a.Tokens {
		if b, err := hex.DecodeString(t.SHA256); err != nil || len(b) != sha256.Size {
			return fmt.Errorf("check token %q: its sha256 must be 64 hex digits, as printf %%s TOKEN | sha256sum prints them", t.Name)
		}
		if len(t.Scopes) == 0 {
			return fmt.Errorf("check token %q: it has no scopes; give some of read, write, capture", t.Name)
		}
		for _, s := range t.Scopes {
			if !allScopes[s] {
				return fmt.Errorf("check token %q: there is no scope %q; there are read, write and capture", t.Name, s)
			}
		}
	}
	if len(a.Users)+len(a.Tokens) == 0 {
		return errors.New("check users: there are neither users nor tokens, so nobody could get in")
	}
	return nil
}

// A person is who makes a request.
type person struct {
	name   string
	scopes map[Scope]bool
}

type personKey struct{}

func (s *Server) who(r *http.Request) person {
	p, _ := r.Context().Value(personKey{}).(person)
	return p
}

// identify finds out who makes the request. ok is false if somebody else's
// credentials, or none where some are needed, come with it.
func (a *Auth) identify(r *http.Request) (p person, ok bool) {
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return a.token(strings.TrimSpace(rest))
	}
	user, password, given := r.BasicAuth()
	if !given {
		return p, false
	}
	if p, ok := a.token(password); ok {
		return p, true
	}
	if a.password(user, password) {
		return person{user, allScopes}, true
	}
	return p, false
}

func hashToken(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (a *Auth) token(text string) (person, bool) {
	sum := sha256.Sum256([]byte(text))
	for _, t := range a.Tokens {
		want, _ := hex.DecodeString(t.SHA256) // Validate has looked
		if subtle.ConstantTimeCompare(sum[:], want) == 1 {
			p := person{"token " + t.Name, map[Scope]bool{}}
			for _, s := range t.Scopes {
				p.scopes[s] = true
			}
			return p, true
		}
	}
	return person{}, false
}

// noUser is compared with when the user is not known, so that the answer takes as
// long as otherwise.
const noUser = "$2a$10$VVpUm9dWwsjDlQ9aSGzTWuvyCjBmEDuVTq6u2mvfGbn2eqJxf1WDq"

// maxKnown bounds the passwords that are remembered.
const maxKnown = 1000

func (a *Auth) password(user, password string) bool {
	hash, exists := a.Users[user]
	if !exists {
		hash = noUser
	}
	key := sha256.Sum256([]byte(user + "\x00" + hash + "\x00" + password))
	a.mu.Lock()
	right := a.known[key]
	a.mu.Unlock()
	if right {
		return exists
	}
	if bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) != nil || !exists {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || len(a.known) >= maxKnown {
		a.known = map[[sha256.Size]byte]bool{}
	}
	a.known[key] = true
	return true
}

// open are the paths that need no credentials: a load balancer has none.
var open = map[string]bool{"/-/healthy": true, "/-/ready": true}

// guard lets only those in who may come in, and refuses what another site's page
// makes a browser send.
func (s *Server) guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(s.answer(func(http.ResponseWriter, *http.Request) error {
		return fail(http.StatusForbidden, "use flame's own page, or a program that sends no Origin", "the request comes from another site's page")
	}))
	next = origin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := person{remote(r), allScopes}
		switch auth := s.auth.Load(); {
		case auth == nil && !s.o.AnyHost && !loopbackName(r.Host):
			writeFailure(w, fail(http.StatusMisdirectedRequest, "call flame by the name localhost, or start it with users or tokens",
				"without a login flame answers only to names of this machine, not to %s", clip(r.Host, 100)))
			return
		case auth != nil && !open[r.URL.Path]:
			var ok bool
			if p, ok = auth.identify(r); !ok {
				w.Header().Set("WWW-Authenticate", `Basic realm="flame", charset="UTF-8"`)
				writeFailure(w, fail(http.StatusUnauthorized, "send a user and password, or a bearer token", "flame wants to know who you are"))
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), personKey{}, p)))
	})
}

// allow lets those through who have the scope.
func (s *Server) allow(scope Scope, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := s.who(r); !p.scopes[scope] {
			writeFailure(w, fail(http.StatusForbidden, "ask for a token with that scope", "%s may not do this: it takes the scope %s", p.name, scope))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// loopbackName reports whether a Host header names this machine to itself. Another
// name may be one that a hostile page made to lead here.
func loopbackName(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost")
}

// remote is the address of the client, without its port.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
