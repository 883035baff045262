package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"unicode/utf8"

	"filippo.io/age"
)

// shortestPassphrase is how many characters a passphrase has at least: whoever
// finds the file can try as many as they like.
const shortestPassphrase = 15

// scryptLog is the work that a passphrase takes, as a power of 2: what OWASP
// asks of scrypt (N = 2^17, r = 8, p = 1). It takes 128 MiB for a moment; age's
// own 2^18 would push a server aside on a small machine.
const scryptLog = 17

// locks are what a backup is encrypted for.
type locks struct {
	to         []age.Recipient
	passphrase *age.ScryptIdentity // nil: recipients
	what       string              // in words
}

// from returns what reads the backup back: the passphrase itself, where there is
// one, else what is left of writing it.
func (l locks) from(back age.Identity) age.Identity {
	if l.passphrase != nil {
		return l.passphrase
	}
	return back
}

// keys reads or asks what to encrypt for.
func (c backupCommand) keys() (locks, error) {
	if len(c.Recipient) == 0 && c.RecipientsFile == "" {
		return c.passphrase()
	}
	if c.PassphraseFile != "" {
		return locks{}, usage{errors.New("a backup is for recipients or has a passphrase, not both")}
	}
	var to []age.Recipient
	for _, text := range c.Recipient {
		one, err := age.ParseRecipients(bytes.NewReader([]byte(text)))
		if err != nil {
			return locks{}, usage{fmt.Errorf("--recipient: %q is no age recipient: it begins with age1", text)}
		}
		to = append(to, one...)
	}
	if c.RecipientsFile != "" {
		f, err := os.Open(c.RecipientsFile)
		if err != nil {
			return locks{}, fmt.Errorf("--recipients-file: %w", err)
		}
		defer func() { _ = f.Close() }() // it was only read
		more, err := age.ParseRecipients(f)
		if err != nil {
			return locks{}, fmt.Errorf("%s: %w", c.RecipientsFile, err)
		}
		to = append(to, more...)
	}
	return locks{to: to, what: fmt.Sprintf("the identity of one of %d recipients", len(to))}, nil
}

func (c backupCommand) passphrase() (locks, error) {
	text, err := readPassphrase(c.PassphraseFile)
	if c.PassphraseFile == "" {
		text, err = askTwice()
	}
	if err != nil {
		return locks{}, err
	}
	if utf8.RuneCount(text) < shortestPassphrase {
		return locks{}, usage{fmt.Errorf("the passphrase is too short: it has %d characters or more", shortestPassphrase)}
	}
	to, err := age.NewScryptRecipient(string(text))
	if err != nil {
		return locks{}, err
	}
	to.SetWorkFactor(scryptLog)
	from, err := age.NewScryptIdentity(string(text))
	return locks{to: []age.Recipient{to}, passphrase: from, what: "the passphrase"}, err
}

// readPassphrase returns the first line of a file; nil without a file.
func readPassphrase(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--passphrase-file: %w", err)
	}
	text, _, _ = bytes.Cut(text, []byte("\n"))
	if text = bytes.TrimRight(text, "\r"); len(text) == 0 {
		return nil, fmt.Errorf("--passphrase-file: there is no passphrase in %s", file)
	}
	return text, nil
}

func askTwice() ([]byte, error) {
	first, err := ask("Passphrase for the backup: ")
	if err != nil {
		return nil, err
	}
	again, err := ask("The same passphrase again: ")
	if err == nil && !bytes.Equal(first, again) {
		err = errors.New("the two passphrases differ")
	}
	return first, err
}

// keys reads or asks what opens the backup.
func (c restoreCommand) keys() ([]age.Identity, error) {
	if c.Identity != "" && c.PassphraseFile != "" {
		return nil, usage{errors.New("a backup opens with an identity or a passphrase, not with both")}
	}
	if c.Identity != "" {
		f, err := os.Open(c.Identity)
		if err != nil {
			return nil, fmt.Errorf("--identity: %w", err)
		}
		defer func() { _ = f.Close() }() // it was only read
		keys, err := age.ParseIdentities(f)
		if err != nil {
			// The library's words may repeat what is in the file.
			return nil, fmt.Errorf("there is no age identity in %s: it begins with AGE-SECRET-KEY-", c.Identity)
		}
		return keys, nil
	}
	text, err := readPassphrase(c.PassphraseFile)
	if c.PassphraseFile == "" {
		text, err = ask("Passphrase of the backup: ")
	}
	if err != nil {
		return nil, err
	}
	key, err := age.NewScryptIdentity(string(text))
	return []age.Identity{key}, err
}
