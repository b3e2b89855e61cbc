package conformance

import (
	"encoding/xml"
	"fmt"
	"io"
)

// The elements of a JUnit report that its readers agree on.
type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     float64     `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string     `xml:"classname,attr"`
		Name    string     `xml:"name,attr"`
		Failure *junitNote `xml:"failure"`
		Skipped *junitNote `xml:"skipped"`
	}
	junitNote struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the results as a JUnit test suite.
func (r Report) WriteJUnit(w io.Writer) error {
	suite := junitSuite{Name: "conformance of " + r.Target, Tests: len(r.Results), Time: r.Took.Seconds()}
	for _, result := range r.Results {
		c := junitCase{Class: result.Section(), Name: result.ID}
		switch result.Outcome {
		case Fail:
			suite.Failures++
			var text string
			for _, x := range result.Exchanges {
				text += indent("> ", x.Sent) + indent("< ", x.Came)
			}
			c.Failure = &junitNote{fmt.Sprintf("%s: %s: due %s; came %s", result.Level, result.Text, result.Due, result.Why), text}
		case NotApplicable:
			suite.Skipped++
			c.Skipped = &junitNote{Message: result.Why}
		}
		suite.Cases = append(suite.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(suite); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
