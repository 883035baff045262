package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/secret"
)

// place names where a sealed value stands. It opens nowhere else.
func place(table, column, id string) string { return table + " " + column + " " + id }

// box returns the organisation's keyset. It is unwrapped once.
func (s *Store) box(ctx context.Context, c conn, o org.OrganisationID) (*secret.Box, error) {
	s.mu.Lock()
	box, ok := s.boxes[o]
	s.mu.Unlock()
	if ok {
		return box, nil
	}
	var wrapped []byte
	if err := c.row(ctx, `SELECT keyset FROM organisations WHERE id = $1`, o).Scan(&wrapped); err != nil {
		return nil, fmt.Errorf("keyset of organisation %s: %w", o, missing(err))
	}
	box, err := s.master.Unwrap(wrapped)
	if err != nil {
		return nil, fmt.Errorf("keyset of organisation %s: %w", o, err)
	}
	s.mu.Lock()
	s.boxes[o] = box
	s.mu.Unlock()
	return box, nil
}

// sealJSON seals v for its place.
func sealJSON(box *secret.Box, v any, where string) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return box.Seal(text, where)
}

// openJSON opens what sealJSON made for the same place.
func openJSON(box *secret.Box, sealed []byte, where string, into any) error {
	text, err := box.Open(sealed, where)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// forgetBox forgets the keyset of an organisation.
func (s *Store) forgetBox(o org.OrganisationID) {
	s.mu.Lock()
	delete(s.boxes, o)
	s.mu.Unlock()
}
