package patch

import (
	"bytes"
	"encoding/json"
)

// member is a name of an object and what it holds, as it was written.
type member struct {
	name  string
	value json.RawMessage
}

// merge is MergePatch of RFC 7396, 2, on valid JSON. Members keep their order and
// values their spelling; new members come last.
func merge(target, patch json.RawMessage) (json.RawMessage, error) {
	changes, isObject, err := membersOf(patch)
	if err != nil || !isObject {
		return patch, err
	}
	members, _, err := membersOf(target) // what isn't an object is taken for an empty one
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(members))
	for i, m := range members {
		at[m.name] = i
	}
	for _, change := range changes {
		i, there := at[change.name]
		if !there {
			i = len(members)
			at[change.name] = i
			members = append(members, member{name: change.name})
		}
		if string(change.value) == "null" {
			members[i].value = nil
			continue
		}
		if members[i].value, err = merge(members[i].value, change.value); err != nil {
			return nil, err
		}
	}
	return write(members)
}

// membersOf takes an object apart.
func membersOf(text json.RawMessage) (members []member, isObject bool, err error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '{' {
		return nil, false, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return nil, false, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false, err
		}
		m := member{name: name.(string)} // of an object, every other token is one
		if err := d.Decode(&m.value); err != nil {
			return nil, false, err
		}
		members = append(members, m)
	}
	return members, true, nil
}

// write puts an object together again, without the members that hold nothing.
func write(members []member) (json.RawMessage, error) {
	var b bytes.Buffer
	names := json.NewEncoder(&b)
	names.SetEscapeHTML(false)
	separator := byte('{')
	for _, m := range members {
		if m.value == nil {
			continue
		}
		b.WriteByte(separator)
		separator = ','
		if err := names.Encode(m.name); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1) // the encoder ends the line
		b.WriteByte(':')
		b.Write(m.value)
	}
	if separator == '{' {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
