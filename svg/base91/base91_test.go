package base91

import (
	"bytes"
	"encoding/xml"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func encode(t interface{ Fatal(...any) }, parts ...[]byte) string {
	var text strings.Builder
	e := NewEncoder(&text)
	for _, b := range parts {
		if n, err := e.Write(b); n != len(b) || err != nil {
			t.Fatal(n, err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// TestRoundTrip checks that any bytes, written in any parts, come back, and that
// the text means the same in XML.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SliceOf(rapid.Byte())).Draw(t, "parts")
		all := bytes.Join(parts, nil)
		text := encode(t, parts...)
		if len(text) != EncodedLen(len(all)) {
			t.Fatalf("%d bytes are %d characters, EncodedLen says %d", len(all), len(text), EncodedLen(len(all)))
		}
		var inXML string
		if err := xml.Unmarshal([]byte("<a>"+text+"</a>"), &inXML); err != nil || inXML != text {
			t.Fatalf("%q in XML is %q, %v", text, inXML, err)
		}
		got, err := Decode([]byte(text))
		if err != nil || !bytes.Equal(got, all) {
			t.Fatalf("%x came back as %x, %v", all, got, err)
		}
	})
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":         "",
		"\x00":     "!!",
		"\x00\x00": "!!!",
		"a":        `("`,
		"flame":    "tF(CBk!",
	} {
		if got := encode(t, []byte(in)); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, text := range []string{"a b", "a&", "<a", "\x80!", "~~", "~"} {
		if b, err := Decode([]byte(text)); err == nil {
			t.Errorf("%q is %x, want an error", text, b)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestEncoderReturnsFirstError(t *testing.T) {
	e := NewEncoder(full{})
	if _, err := e.Write([]byte("abc")); err == nil {
		t.Error("Write returns no error")
	}
	if err := e.Close(); err == nil {
		t.Error("Close returns no error")
	}
}
