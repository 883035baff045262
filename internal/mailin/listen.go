package mailin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"
)

// unixPrefix begins an address that is a socket's file.
const unixPrefix = "unix:"

var errAddress = errors.New("mails are taken on unix:/PATH or on a loopback address and port, such as 127.0.0.1:2424")

// CheckAddress returns an error for an address on which Listen would not listen. Whoever
// can connect is believed to be the mail server, so it is none that other machines reach.
func CheckAddress(address string) error {
	if path, ok := strings.CutPrefix(address, unixPrefix); ok {
		if !strings.HasPrefix(path, "/") {
			return errAddress
		}
		return nil
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().IsLoopback() {
		return errAddress
	}
	return nil
}

// Listen listens on unix:/PATH, whose folder says who may connect, or on a loopback
// address and port. A socket that a process left behind is replaced, one that answers is
// not.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	if err := CheckAddress(address); err != nil {
		return nil, err
	}
	network := "tcp"
	if path, ok := strings.CutPrefix(address, unixPrefix); ok {
		network, address = "unix", path
		if err := sweep(ctx, path); err != nil {
			return nil, err
		}
	}
	l, err := new(net.ListenConfig).Listen(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("listen for mails: %w", err)
	}
	if network == "unix" {
		// The mail server is another user, of our group.
		if err := os.Chmod(address, 0o660); err != nil {
			return nil, errors.Join(fmt.Errorf("listen for mails: %w", err), l.Close())
		}
	}
	return l, nil
}

// sweep removes a socket nobody listens on.
func sweep(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil || info.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("listen for mails: %s is there and no socket", path)
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", path)
	if err == nil {
		_ = conn.Close()
		return fmt.Errorf("listen for mails: another program listens on %s already", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("listen for mails: %w", err)
	}
	return os.Remove(path)
}
