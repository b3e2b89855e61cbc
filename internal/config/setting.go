package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// setting is one leaf field of a part.
type setting struct {
	key   string // "repo-api.gossip.join"
	flag  string // "gossip-join"
	env   string // "RHAPSODE_REPO_API_GOSSIP_JOIN"
	tag   reflect.StructTag
	value reflect.Value // the field, to be set
}

// settings lists the fields of the struct that part points to.
func settings(section string, part any) []setting {
	return collect(nil, section, "", reflect.ValueOf(part).Elem())
}

func collect(list []setting, key, flag string, v reflect.Value) []setting {
	for i := range v.NumField() {
		f, name := v.Type().Field(i), v.Type().Field(i).Tag.Get("key")
		fullKey, fullFlag := strings.TrimPrefix(key+"."+name, "."), strings.TrimPrefix(flag+"-"+name, "-")
		if f.Type.Kind() == reflect.Struct {
			list = collect(list, fullKey, fullFlag, v.Field(i))
			continue
		}
		list = append(list, setting{
			key: fullKey, flag: fullFlag, tag: f.Tag, value: v.Field(i),
			env: "RHAPSODE_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(fullKey)),
		})
	}
	return list
}

// Declare adds a flag for each setting of the part to flags.
func Declare(flags *pflag.FlagSet, part any) {
	for _, s := range settings("", part) {
		flags.String(s.flag, s.tag.Get("default"), s.tag.Get("usage"))
		if s.value.Kind() == reflect.Bool {
			flags.Lookup(s.flag).NoOptDefVal = "true"
		}
	}
}

// set parses raw, which is text or what YAML and TOML made of it. The error
// says what would be right.
func (s setting) set(raw any) error {
	if list, ok := raw.([]any); ok {
		return s.setList(list)
	}
	text := fmt.Sprint(raw)
	if u, ok := s.value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch p := s.value.Addr().Interface().(type) {
	case *string:
		*p = text
	case *[]string:
		*p = nil
		for item := range strings.SplitSeq(text, ",") {
			if item = strings.TrimSpace(item); item != "" {
				*p = append(*p, item)
			}
		}
	case *bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("it is true or false")
		}
		*p = b
	case *int:
		return s.setInt(p, text)
	case *time.Duration:
		return s.setDuration(p, text)
	default:
		return fmt.Errorf("nobody taught config to read a %T", p)
	}
	return nil
}

func (s setting) setList(list []any) error {
	p, ok := s.value.Addr().Interface().(*[]string)
	if !ok {
		return fmt.Errorf("it is one value, not a list")
	}
	*p = nil
	for _, item := range list {
		*p = append(*p, fmt.Sprint(item))
	}
	return nil
}

func (s setting) setInt(p *int, text string) error {
	lo, _ := strconv.Atoi(s.tag.Get("min"))
	hi, _ := strconv.Atoi(s.tag.Get("max"))
	n, err := strconv.Atoi(text)
	if err != nil || n < lo || n > hi {
		return fmt.Errorf("it is a whole number from %d to %d", lo, hi)
	}
	*p = n
	return nil
}

func (s setting) setDuration(p *time.Duration, text string) error {
	lo, _ := time.ParseDuration(s.tag.Get("min"))
	hi, _ := time.ParseDuration(s.tag.Get("max"))
	d, err := time.ParseDuration(text)
	if err != nil || d < lo || d > hi {
		return fmt.Errorf("it is a time with its unit, from %v to %v", lo, hi)
	}
	*p = d
	return nil
}
