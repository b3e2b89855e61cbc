package config

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"rhapsode/internal/fault"
)

// Value is a setting as it came out, for `config show`.
type Value struct {
	Key    string
	Text   string
	Origin string // "flag --listen", "environment RHAPSODE_…", "rhapsode.yaml:3", "default"
}

// Load fills the struct that part points to, which is the named section of a
// File. flags are those that Declare made, or nil; file may be "".
func Load(section string, part any, flags *pflag.FlagSet, file string) ([]Value, error) {
	src, err := open(file)
	if err != nil {
		return nil, err
	}
	var values []Value
	for _, s := range settings(section, part) {
		raw, origin, err := src.look(s, flags)
		if err != nil {
			return nil, err
		}
		if err := s.set(raw); err != nil {
			return nil, fault.Newf(fault.Invalid, "config", "%s = %q (%s): %w", s.key, fmt.Sprint(raw), origin, err)
		}
		values = append(values, Value{s.key, render(s.value.Interface()), origin})
	}
	return values, nil
}

func render(v any) string {
	if list, ok := v.([]string); ok {
		return strings.Join(list, ",")
	}
	return fmt.Sprint(v)
}

// source is a configuration file, or none, and what overrules it.
type source struct {
	viper *viper.Viper
	file  string
	text  []byte
}

func open(file string) (*source, error) {
	src := &source{viper: viper.New(), file: file}
	if file == "" {
		return src, nil
	}
	kind := strings.TrimPrefix(filepath.Ext(file), ".")
	if !slices.Contains([]string{"yaml", "yml", "toml"}, kind) {
		return nil, fault.Newf(fault.Invalid, "config", "%s ends in none of .yaml, .yml, .toml", file)
	}
	var err error
	if src.text, err = os.ReadFile(file); err != nil {
		return nil, fault.New(fault.Invalid, "config", "", err)
	}
	src.viper.SetConfigType(kind)
	if err := src.viper.ReadConfig(bytes.NewReader(src.text)); err != nil {
		return nil, fault.New(fault.Invalid, "config", file, err)
	}
	return src, src.checkKeys()
}

// checkKeys refuses the file for its first key that no part knows.
func (src *source) checkKeys() error {
	var known, sections []string
	for _, s := range settings("", &File{}) {
		known = append(known, s.key)
		sections = append(sections, s.key[:strings.LastIndexByte(s.key, '.')])
	}
	found := src.viper.AllKeys()
	slices.Sort(found)
	for _, key := range found {
		empty := src.viper.Get(key) == nil && slices.Contains(sections, key)
		if !slices.Contains(known, key) && !empty {
			return fault.Newf(fault.Invalid, "config", "%s: unknown key %s; the nearest that exists is %s",
				src.at(key), key, nearest(key, known))
		}
	}
	return nil
}

// look finds the value of s and says where it came from.
func (src *source) look(s setting, flags *pflag.FlagSet) (raw any, origin string, err error) {
	v := src.viper
	v.SetDefault(s.key, s.tag.Get("default"))
	if err := v.BindEnv(s.key, s.env); err != nil {
		return nil, "", fault.New(fault.Internal, "config", s.key, err)
	}
	origin = "default"
	if v.InConfig(s.key) {
		origin = src.at(s.key)
	}
	if os.Getenv(s.env) != "" { // viper takes an empty variable for none, too
		origin = "environment " + s.env
	}
	if flags == nil {
		return v.Get(s.key), origin, nil
	}
	flag := flags.Lookup(s.flag)
	if err := v.BindPFlag(s.key, flag); err != nil {
		return nil, "", fault.New(fault.Internal, "config", s.key, err)
	}
	if flag.Changed {
		origin = "flag --" + s.flag
	}
	return v.Get(s.key), origin, nil
}

// at returns the file and, if the key's spelling gives it away, the line.
func (src *source) at(key string) string {
	rest := key // what is still to be found of it, section by section
	for i, line := range strings.Split(string(src.text), "\n") {
		word := strings.ToLower(strings.TrimSpace(line))
		if table, ok := strings.CutPrefix(word, "["); ok { // TOML's [fs-service.gossip]
			rest = strings.TrimPrefix(key, strings.TrimRight(table, "] ")+".")
			continue
		}
		end := strings.IndexAny(word, ":=")
		if end <= 0 {
			continue
		}
		name := strings.Trim(word[:end], "\"' ")
		if name == rest {
			return fmt.Sprintf("%s:%d", src.file, i+1)
		}
		rest = strings.TrimPrefix(rest, name+".")
	}
	return src.file
}
