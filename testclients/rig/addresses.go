package rig

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// addresses are the URLs that up.json tells.
type addresses struct {
	front string
	apis  []string
}

func readAddresses(data string) (addresses, error) {
	text, err := os.ReadFile(filepath.Join(data, "up.json"))
	if err != nil {
		return addresses{}, err
	}
	var plan struct {
		Front string
		Parts []struct{ Role, Listen string }
	}
	if err := json.Unmarshal(text, &plan); err != nil {
		return addresses{}, fmt.Errorf("up.json: %w", err)
	}
	a := addresses{front: "http://" + plan.Front}
	for _, part := range plan.Parts {
		if part.Role == "repo-api" {
			a.apis = append(a.apis, "http://"+part.Listen)
		}
	}
	if plan.Front == "" || len(a.apis) == 0 {
		return addresses{}, errors.New("up.json names no front door or no repo-api")
	}
	return a, nil
}
