package config

import (
	"errors"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// A Hidden text is a secret, or may hold one: it shows itself to no log.
type Hidden string

// String hides the text.
func (Hidden) String() string { return "[hidden]" }

// GoString hides the text from %#v.
func (Hidden) GoString() string { return `config.Hidden("…")` }

// LogValue hides the text.
func (Hidden) LogValue() slog.Value { return slog.StringValue("[hidden]") }

// An Address is that of an installation: http or https, a host, perhaps a
// port, and nothing behind it. The zero Address is none.
type Address struct{ url *url.URL }

var errAddress = errors.New("must be http:// or https:// and a host, with nothing behind it: https://login.example.com")

// UnmarshalText reads an address. A slash at its end is dropped; an empty text
// is none.
func (a *Address) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		a.url = nil
		return nil
	}
	u, err := url.Parse(strings.TrimSuffix(string(text), "/"))
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") ||
		u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errAddress
	}
	a.url = u
	return nil
}

// IsZero reports whether a is no address.
func (a Address) IsZero() bool { return a.url == nil }

// URL returns the address as a URL of its own; nil where there is none.
func (a Address) URL() *url.URL {
	if a.url == nil {
		return nil
	}
	u := *a.url
	return &u
}

// String returns the address, without a slash at its end.
func (a Address) String() string {
	if a.url == nil {
		return ""
	}
	return a.url.String()
}

// A Network is a range of network addresses.
type Network netip.Prefix

var errNetwork = errors.New("must be a network such as 10.0.0.0/8, or one address")

// UnmarshalText reads a network, or one address as the network of it alone.
func (n *Network) UnmarshalText(text []byte) error {
	if address, err := netip.ParseAddr(string(text)); err == nil {
		*n = Network(netip.PrefixFrom(address, address.BitLen()))
		return nil
	}
	prefix, err := netip.ParsePrefix(string(text))
	if err != nil {
		return errNetwork
	}
	*n = Network(prefix.Masked())
	return nil
}

// Prefixes returns the networks as package netip has them.
func Prefixes(networks []Network) []netip.Prefix {
	prefixes := make([]netip.Prefix, len(networks))
	for i, n := range networks {
		prefixes[i] = netip.Prefix(n)
	}
	return prefixes
}

// A Zone is a time zone. The zero Zone is UTC.
type Zone struct{ location *time.Location }

var errZone = errors.New("must be the name of a time zone, such as Europe/Amsterdam")

// UnmarshalText reads the name of a zone, as the IANA database has it.
func (z *Zone) UnmarshalText(text []byte) error {
	// "Local" would differ from one machine to the next.
	location, err := time.LoadLocation(string(text))
	if err != nil || len(text) == 0 || string(text) == "Local" {
		return errZone
	}
	z.location = location
	return nil
}

// Location returns the zone, never nil.
func (z Zone) Location() *time.Location {
	if z.location == nil {
		return time.UTC
	}
	return z.location
}

// A Span is a length of time.
type Span time.Duration

var errSpan = errors.New("must be a time such as 90m or 24h")

// UnmarshalText reads a span, as Go writes durations.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return errSpan
	}
	*s = Span(d)
	return nil
}
