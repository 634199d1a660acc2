package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Remote objects are read over HTTP by range requests, forward in one stream and elsewhere in small pieces. A connection that breaks
// is taken up again at the byte where it broke; an object that changes while it is read is an error, never a mixture of two.
const (
	remoteTries = 8                // attempts without a byte gained before a read gives up
	remoteStall = 60 * time.Second // a server may be silent that long within an answer
	remoteNear  = 256 << 10        // bytes ahead that are cheaper read over than asked for anew
	remoteHead  = 64 << 10         // bytes at the start that are kept, since every format looks at them first
)

// IsURL reports a path of the spec that is fetched.
func IsURL(name string) bool {
	return strings.HasPrefix(name, "https://") || strings.HasPrefix(name, "http://")
}

// network fetches. It is shared by all readers of a source, so that they see one version of an object.
type network struct {
	asks  *retryablehttp.Client // for the size of an object: a person may be waiting
	reads *retryablehttp.Client
	mu    sync.Mutex
	known map[string]File
}

func newNetwork() *network {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = remoteStall
	t.DisableCompression = true // bytes as they are stored: ranges count those
	return &network{asks: patient(t, 3), reads: patient(t, remoteTries), known: map[string]File{}}
}

// patient is a client that repeats what fails to connect or is answered with 429 or 5xx, after the time that the server asks for.
func patient(t http.RoundTripper, tries int) *retryablehttp.Client {
	c := retryablehttp.NewClient()
	c.HTTPClient = &http.Client{Transport: t}
	c.Logger = nil
	c.RetryMax = tries
	c.RetryWaitMin, c.RetryWaitMax = time.Second, time.Minute
	c.ErrorHandler = retryablehttp.PassthroughErrorHandler
	c.CheckRetry = func(ctx context.Context, resp *http.Response, err error) (bool, error) {
		var name *net.DNSError
		if errors.As(err, &name) && name.IsNotFound {
			return false, err
		}
		return retryablehttp.DefaultRetryPolicy(ctx, resp, err)
	}
	return c
}

// statusError is an answer that repeating does not heal.
type statusError struct{ code int }

func (e statusError) Error() string {
	return fmt.Sprintf("the server answers %d %s", e.code, http.StatusText(e.code))
}

var (
	errChanged = errors.New("the object changed while it was read: run again")
	errRanges  = errors.New("the server does not answer range requests, which this format needs: download the file first")
)

// get asks for bytes [from, to) of an object, to = -1 for all that follow, and checks that the answer is of the known version.
func (w *network) get(ctx context.Context, c *retryablehttp.Client, f *File, from, to int64) (*http.Response, error) {
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, f.Path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "quern")
	span := fmt.Sprintf("bytes=%d-", from)
	if to >= 0 {
		span += strconv.FormatInt(to-1, 10)
	}
	req.Header.Set("Range", span)
	if strings.HasPrefix(f.Version, `"`) {
		req.Header.Set("If-Match", f.Version)
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	got := File{Path: f.Path, Size: -1, Version: versionOf(resp)}
	switch resp.StatusCode {
	case http.StatusPartialContent:
		at, size, ok := contentRange(resp.Header.Get("Content-Range"))
		if !ok || at != from {
			err = fmt.Errorf("the server answers another range than asked for: %q", clip(resp.Header.Get("Content-Range"), 60))
		}
		got.Size = size
	case http.StatusOK:
		got.Size = resp.ContentLength
		if from > 0 {
			err = errRanges
		}
	case http.StatusRequestedRangeNotSatisfiable: // how an empty object answers
		_, got.Size, _ = contentRange(resp.Header.Get("Content-Range"))
		if from == 0 && got.Size == 0 {
			resp.Body.Close()
			resp.Body = http.NoBody
			break
		}
		err = errChanged
	case http.StatusPreconditionFailed:
		err = errChanged
	default:
		err = statusError{resp.StatusCode}
	}
	if err == nil && f.Size >= 0 && (got.Size != f.Size || got.Version != f.Version) {
		err = errChanged
	}
	if err != nil {
		resp.Body.Close()
		return nil, err
	}
	if f.Size < 0 {
		*f = got
	}
	return resp, nil
}

// versionOf is what the server calls this state of an object: its entity tag, or the time of its last change.
func versionOf(r *http.Response) string {
	if tag := r.Header.Get("ETag"); tag != "" {
		return tag
	}
	return r.Header.Get("Last-Modified")
}

// contentRange reads "bytes 0-99/1234" and "bytes */1234"; a size of "*" is -1.
func contentRange(s string) (from, size int64, ok bool) {
	s, ok = strings.CutPrefix(s, "bytes ")
	span, total, cut := strings.Cut(s, "/")
	if !ok || !cut {
		return 0, -1, false
	}
	size, err := strconv.ParseInt(total, 10, 64)
	if err != nil {
		size = -1
	}
	first, _, _ := strings.Cut(span, "-")
	if from, err = strconv.ParseInt(first, 10, 64); err != nil {
		return 0, size, span == "*"
	}
	return from, size, true
}

// stat tells size and version of an object, once for the life of the source.
func (w *network) stat(ctx context.Context, name string) (File, error) {
	w.mu.Lock()
	f, ok := w.known[name]
	w.mu.Unlock()
	if ok {
		return f, nil
	}
	f = File{Path: name, Size: -1}
	resp, err := w.get(ctx, w.asks, &f, 0, 1)
	if err != nil {
		var at *url.Error
		if errors.As(err, &at) {
			err = at.Err // which does not name the URL once more
		}
		return f, fmt.Errorf("%s: %w", name, err)
	}
	resp.Body.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known[name] = f
	return f, nil
}

// open starts to read an object. One that is not there is refused as a file, so that a hole in a list of thousands ends no run.
func (w *network) open(ctx context.Context, url string) (*disk, error) {
	f, err := w.stat(ctx, url)
	var status statusError
	if errors.As(err, &status) && status.code < 500 && status.code != http.StatusTooManyRequests {
		return nil, refuse(url, "http-status", -1, status)
	}
	if err != nil {
		return nil, err
	}
	o := &object{ctx: ctx, web: w, file: f}
	return &disk{store: o, size: f.Size}, nil
}
