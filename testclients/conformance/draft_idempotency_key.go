package conformance

import (
	"sync"
)

// idempotencyKeys are draft-ietf-httpapi-idempotency-key-header-07.
func idempotencyKeys() []charge {
	return []charge{
		{"draft-ietf-httpapi-idempotency-key-header-07/2.6/repeat", Should, "a repeat with the same key gets the first answer, and nothing more is made", func(t *trial) {
			name, key := t.keyed()
			first := t.post(name, "Idempotency-Key", key).status(201)
			t.post(name, "Idempotency-Key", key).status(201).same("Location", first)
		}},
		{"draft-ietf-httpapi-idempotency-key-header-07/2.2/another-key", Must, "another key is another request", func(t *trial) {
			name, key := t.keyed()
			first := t.post(name, "Idempotency-Key", key).status(201)
			_, other := t.keyed()
			again := t.post(name, "Idempotency-Key", other)
			t.check(again.get("Location") == "" || again.get("Location") != first.get("Location"),
				"something else made, or a refusal", "%d with %s", again.Status, again.get("Location"))
		}},
		{"draft-ietf-httpapi-idempotency-key-header-07/2.7/reused", Should, "the same key with other content is 422", func(t *trial) {
			name, key := t.keyed()
			t.post(name, "Idempotency-Key", key).status(201)
			t.post(t.name(""), "Idempotency-Key", key).status(422)
		}},
		{"draft-ietf-httpapi-idempotency-key-header-07/2.7/at-once", Should, "a repeat that comes while the first is under way is 409, and all are carried out once", func(t *trial) {
			name, key := t.keyed()
			var answers [8]*answer
			t.atOnce(len(answers), func(t *trial, i int) { answers[i] = t.post(name, "Idempotency-Key", key).status(201, 409) })
			last := t.post(name, "Idempotency-Key", key).status(201)
			for _, a := range answers {
				if a.Status == 201 {
					a.same("Location", last)
				}
			}
		}},
		{"draft-ietf-httpapi-idempotency-key-header-07/2.1/malformed", Should, "a key that is no string of a structured field is 400", func(t *trial) {
			name, _ := t.keyed()
			for _, junk := range []string{`no-quotes`, `"open`, `""`, `42`, `"one", "two"`} {
				t.post(name, "Idempotency-Key", junk).status(400)
			}
		}},
		{"draft-ietf-httpapi-idempotency-key-header-07/2/reading", Must, "a key does not make an answer to GET older than it is", func(t *trial) {
			_, key := t.keyed()
			d := t.tagged("one")
			t.get(d.path, "Idempotency-Key", key).status(200).content("one")
			t.put(d, "two", "If-Match", d.tag).done()
			t.get(d.path, "Idempotency-Key", key).status(200).content("two")
		}},
	}
}

// keyed is a name that is free and a key that nothing had. It ends the case unless the
// target says that it knows keys.
func (t *trial) keyed() (name, key string) {
	t.claimed(IdempotencyKeys)
	name = t.name("")
	return name, `"` + t.run + "-" + name + `"`
}

// atOnce does something n times, all beside each other, and fails the case if one of them does.
func (t *trial) atOnce(n int, do func(t *trial, i int)) {
	ended := make([]any, n)
	trials := make([]trial, n)
	var group sync.WaitGroup
	for i := range n {
		trials[i] = trial{court: t.court, ctx: t.ctx}
		group.Go(func() {
			defer func() { ended[i] = recover() }()
			do(&trials[i], i)
		})
	}
	group.Wait()
	for i := range n {
		t.asked += trials[i].asked
		if ended[i] != nil {
			t.recent = trials[i].recent
			panic(ended[i])
		}
	}
}
