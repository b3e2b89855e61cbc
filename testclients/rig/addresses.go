package rig

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// addresses are the URLs in up.json.
type addresses struct {
	front string
	apis  []string
}

func readAddresses(data string) (addresses, error) {
	text, err := os.ReadFile(filepath.Join(data, "up.json"))
	if err != nil {
		return addresses{}, err
	}
	var up struct {
		Front string   `json:"front"`
		APIs  []string `json:"apis"`
	}
	if err := json.Unmarshal(text, &up); err != nil {
		return addresses{}, fmt.Errorf("up.json: %w", err)
	}
	if up.Front == "" || len(up.APIs) == 0 {
		return addresses{}, errors.New("up.json names no addresses yet")
	}
	return addresses{up.Front, up.APIs}, nil
}
