package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// team returns the team of o with that name. One that is not there is made, and
// that is said, so that a slip of the hand is seen.
func (i *installation) team(ctx context.Context, at console, o org.Organisation, name string) (org.TeamID, error) {
	name, err := org.ParseName(name)
	if err != nil {
		return "", usage{fmt.Errorf("--team: %w", err)}
	}
	made := org.Team{ID: org.TeamID(newID()), Organisation: o.ID, Name: name}
	err = i.store.AddTeam(ctx, made)
	if err == nil {
		at.say("The team %s was made.", name)
		return made.ID, nil
	}
	if !errors.Is(err, standing.ErrTaken) {
		return "", err
	}
	teams, err := i.store.Teams(ctx, o.ID)
	if err != nil {
		return "", err
	}
	there := slices.IndexFunc(teams, func(t org.Team) bool { return org.FoldName(t.Name) == org.FoldName(name) })
	if there < 0 {
		return "", fmt.Errorf("team %s: %w", name, org.ErrNotFound)
	}
	return teams[there].ID, nil
}
