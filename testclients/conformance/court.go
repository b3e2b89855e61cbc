package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rhapsode/testclients/conformance/exchange"
)

// court is what all cases of a run share.
type court struct {
	client *exchange.Client
	target Target
	run    string
	conns  int
	trace  bool
	now    func() time.Time
	seen   *seen
	names  atomic.Int64
	kept   []string // pairs of a name in braces and what it stands for; written by play, before the first case
	offers offers   // written by survey, before the first case

	// quiet is held for reading while something is asked, for writing by who
	// must be alone.
	quiet sync.RWMutex
}

func newCourt(o Options, client *exchange.Client) *court {
	return &court{
		client: client, target: o.Target, run: o.Run, conns: o.Conns, trace: o.Trace, now: o.Now, seen: newSeen(),
	}
}

// offers is what the target was seen to offer for documents.
type offers struct {
	allow       []string // by OPTIONS; nil if it does not say
	acceptPatch string
	tagged      bool
	dated       bool
	ranges      bool
	version     bool // an answer to PUT names the version in Content-Location
}

// can reports whether documents take a method, as far as the target says.
func (o offers) can(method string) bool {
	if o.allow == nil {
		return slices.Contains([]string{"GET", "HEAD", "PUT", "DELETE"}, method)
	}
	return slices.Contains(o.allow, method)
}

// survey finds out what the target offers.
func (c *court) survey(ctx context.Context) error {
	path := c.fill(c.target.Documents, c.name(".json"), "")
	made, err := c.do(ctx, c.request("PUT", path, []byte(`{"survey":true}`), "Content-Type", "application/json", "If-None-Match", "*"))
	if err != nil {
		return err
	}
	if made.Status/100 != 2 {
		return fmt.Errorf("PUT %s: %d: no document can be made: %s", path, made.Status, clip(made.Body))
	}
	c.offers.version = made.Header.Get("Content-Location") != ""
	read, err := c.do(ctx, c.request("GET", path, nil, "Range", "bytes=0-1"))
	if err != nil {
		return err
	}
	c.offers.tagged = strongTag(read.Header.Get("ETag"))
	c.offers.dated = read.Header.Get("Last-Modified") != ""
	c.offers.ranges = read.Status == 206
	options, err := c.do(ctx, c.request("OPTIONS", path, nil))
	if err != nil {
		return err
	}
	if options.Status/100 == 2 && options.Header.Values("Allow") != nil {
		c.offers.allow = list(options.Header.Values("Allow"))
	}
	c.offers.acceptPatch = options.Header.Get("Accept-Patch")
	return nil
}

// play sets the stage, or clears it.
func (c *court) play(ctx context.Context, steps []Step) error {
	for _, s := range steps {
		var body []byte
		if s.Body != "" {
			body = []byte(c.fill(s.Body, "", ""))
		}
		r := c.request(s.Method, c.fill(s.Path, "", ""), body)
		r.Fields = append(r.Fields, c.fields(s.Fields)...)
		got, err := c.do(ctx, r)
		if err != nil {
			return fmt.Errorf("%s %s: %w", r.Method, r.Target, err)
		}
		if !slices.Contains(s.Expect, got.Status) {
			return fmt.Errorf("%s %s: %d, not %v: %s", r.Method, r.Target, got.Status, s.Expect, clip(got.Body))
		}
		if err := c.keep(s.Keep, got.Body); err != nil {
			return fmt.Errorf("%s %s: %w", r.Method, r.Target, err)
		}
	}
	return nil
}

// keep remembers members of a JSON object by other names.
func (c *court) keep(names map[string]string, object []byte) error {
	if len(names) == 0 {
		return nil
	}
	var members map[string]any
	if err := json.Unmarshal(object, &members); err != nil {
		return fmt.Errorf("%w: %s", err, clip(object))
	}
	for name, member := range names {
		value, ok := members[member].(string)
		if !ok {
			return fmt.Errorf("no text %q in %s", member, clip(object))
		}
		c.kept = append(c.kept, "{"+name+"}", value)
	}
	return nil
}

// request makes a request with the target's own fields; path may be a whole target.
func (c *court) request(method, path string, body []byte, fields ...string) exchange.Request {
	return c.requestAs(c.target.Fields, method, path, body, fields...)
}

// requestAs makes a request with the fields of somebody.
func (c *court) requestAs(who map[string]string, method, path string, body []byte, fields ...string) exchange.Request {
	r := exchange.Request{Method: method, Target: path, Body: body, Fields: exchange.Fields(fields...)}
	if strings.HasPrefix(path, "/") {
		r.Target = c.client.Prefix() + path
	}
	for _, field := range c.fields(who) {
		if r.Get(field.Name) == "" {
			r.Fields = append(r.Fields, field)
		}
	}
	if c.trace && r.Get("Prefer") == "" {
		r.Fields = append(r.Fields, exchange.Field{Name: "Prefer", Value: "trace"})
	}
	return r
}

// fields are those of a target's description, filled in.
func (c *court) fields(described map[string]string) (lines []exchange.Field) {
	for name, value := range described {
		lines = append(lines, exchange.Field{Name: name, Value: c.fill(value, "", "")})
	}
	return lines
}

func (c *court) do(ctx context.Context, r exchange.Request) (exchange.Response, error) {
	c.quiet.RLock()
	defer c.quiet.RUnlock()
	return c.doAlone(ctx, r)
}

// doAlone is do for who holds quiet.
func (c *court) doAlone(ctx context.Context, r exchange.Request) (exchange.Response, error) {
	got, err := c.client.Do(ctx, r)
	if err == nil {
		c.seen.note(r.Method, got)
	}
	return got, err
}

func (c *court) fill(template, name, version string) string {
	pairs := append([]string{"{run}", c.run, "{name}", name, "{version}", version}, c.kept...)
	return strings.NewReplacer(pairs...).Replace(template)
}

// name returns a name that is free, with suffix at its end.
func (c *court) name(suffix string) string {
	return "d" + strconv.FormatInt(c.names.Add(1), 10) + suffix
}

// list splits the lines of a field that is a list of tokens.
func list(lines []string) []string {
	items := []string{}
	for item := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
