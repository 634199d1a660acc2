package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// events is a stream of server-sent events.
type events struct {
	w http.ResponseWriter
	c *http.ResponseController
}

func newEvents(w http.ResponseWriter) *events {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	return &events{w, http.NewResponseController(w)}
}

// send reports whether anyone still listens.
func (e *events) send(v any) bool {
	b, err := json.Marshal(v)
	if err != nil {
		panic("serve: " + err.Error()) // all that is sent is ours
	}
	if _, err := fmt.Fprintf(e.w, "data: %s\n\n", b); err != nil {
		return false
	}
	return e.c.Flush() == nil
}

// fail tells of an error in a stream that has begun.
func (e *events) fail(err error) { e.send(asError(err).body()) }

func (e *events) done() {
	fmt.Fprint(e.w, "data: [DONE]\n\n")
	e.c.Flush()
}
