package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/seed-83c59573/quern"
)

// shop is a server with one object that misbehaves as a test tells it.
type shop struct {
	data     []byte
	tag      atomic.Value // string
	noRanges bool
	cut      int64 // after so many bytes of an answer the connection breaks; 0 = never
	patient  bool  // does not say when to come again
	refuse   []int // statuses of the first requests
	lie      int64 // added to Content-Length
	other    bool  // answers a range with another one
	requests atomic.Int64
	sent     atomic.Int64
	on       func(n int64) // called at each request
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := s.requests.Add(1)
	if s.on != nil {
		s.on(n)
	}
	if int(n) <= len(s.refuse) && s.refuse[n-1] != 0 {
		if !s.patient {
			w.Header().Set("Retry-After", "0")
		}
		w.WriteHeader(s.refuse[n-1])
		return
	}
	if tag, _ := s.tag.Load().(string); tag != "" {
		w.Header().Set("ETag", tag)
	}
	switch {
	case s.noRanges:
		w.Header().Set("Content-Length", fmt.Sprint(len(s.data)))
		w.WriteHeader(http.StatusOK)
		w.Write(s.data)
		return
	case s.other:
		w.Header().Set("Content-Range", fmt.Sprintf("bytes 7-8/%d", len(s.data)))
		w.WriteHeader(http.StatusPartialContent)
		w.Write([]byte("xx"))
		return
	}
	out := w
	if (s.cut > 0 || s.lie != 0) && r.Header.Get("Range") != "bytes=0-0" {
		out = &faulty{w, s, s.cut}
	}
	http.ServeContent(out, r, "", time.Time{}, bytes.NewReader(s.data))
}

// faulty breaks the connection after left bytes, or announces a false length.
type faulty struct {
	http.ResponseWriter
	s    *shop
	left int64
}

func (f *faulty) WriteHeader(code int) {
	if f.s.lie != 0 {
		var n int64
		fmt.Sscan(f.Header().Get("Content-Length"), &n)
		f.Header().Set("Content-Length", fmt.Sprint(n+f.s.lie))
	}
	f.ResponseWriter.WriteHeader(code)
}

func (f *faulty) Write(p []byte) (int, error) {
	if f.s.cut == 0 {
		return f.ResponseWriter.Write(p)
	}
	n := min(int64(len(p)), f.left)
	f.ResponseWriter.Write(p[:n])
	f.s.sent.Add(n)
	if f.left -= n; f.left == 0 {
		f.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	return int(n), nil
}

// quick makes a web that waits hardly at all between attempts.
func quick() *network {
	w := newNetwork()
	for _, c := range []*retryablehttp.Client{w.asks, w.reads} {
		c.RetryWaitMin, c.RetryWaitMax = time.Millisecond, 4*time.Millisecond
	}
	return w
}

func remoteData() []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < 1<<20; i++ {
		fmt.Fprintf(&b, "{\"id\":%d,\"text\":\"The miller weighed sack %d of oats.\"}\n", i, i)
	}
	return b.Bytes()
}

func TestRemoteObjectIsRead(t *testing.T) {
	data := remoteData()
	f := func(name string, s *shop, check func(d *disk) error) {
		t.Helper()
		s.data = data
		server := httptest.NewServer(s)
		defer server.Close()
		d, err := quick().open(context.Background(), server.URL+"/a.jsonl")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		defer d.Close()
		if err := check(d); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	whole := func(d *disk) error {
		got, err := io.ReadAll(d)
		if err == nil && !bytes.Equal(got, data) {
			err = fmt.Errorf("%d bytes of %d, or others", len(got), len(data))
		}
		return err
	}
	f("as it should be", &shop{}, whole)
	f("without ranges", &shop{noRanges: true}, whole)
	f("connections cut", &shop{cut: 100_000}, whole)
	f("cut, with a tag", tagged(&shop{cut: 300_000}), whole)
	f("busy at first", &shop{refuse: []int{503, 429, 502}}, whole)
	f("busy later", &shop{refuse: []int{0, 503, 429}}, whole)
	f("a length that is too large", &shop{lie: 1000}, whole)
	data = data[:100_000]
	f("at any place", &shop{}, func(d *disk) error { return iotest.TestReader(d, data) })
	data = remoteData()
	f("at any place, cut", &shop{cut: 50_000}, func(d *disk) error {
		buf := make([]byte, 200_000)
		if n, err := d.ReadAt(buf, 300_001); err != nil || !bytes.Equal(buf[:n], data[300_001:500_001]) {
			return fmt.Errorf("%d bytes, %w", n, err)
		}
		return nil
	})
	f("the head once", &shop{}, func(d *disk) error {
		head := make([]byte, 64)
		for range 3 {
			if _, err := io.ReadFull(d, head); err != nil {
				return err
			}
			if _, err := d.Seek(0, io.SeekStart); err != nil {
				return err
			}
		}
		return whole(d)
	})
}

func tagged(s *shop) *shop { s.tag.Store(`"v1"`); return s }

func TestRemoteRequestsAreFew(t *testing.T) {
	s := &shop{data: remoteData()}
	server := httptest.NewServer(s)
	defer server.Close()
	r, err := NewJSONL(opts("", server.URL+"/a.jsonl"), DefaultFields())
	h := reap(t, r, err)
	if n := bytes.Count(s.data, []byte("\n")); len(h.docs) != n {
		t.Errorf("%d documents, want %d", len(h.docs), n)
	}
	if n := s.requests.Load(); n > 3 {
		t.Errorf("%d requests for one object, want 2: its size and its bytes", n)
	}
}

func TestRemoteObjectIsRefused(t *testing.T) {
	f := func(name string, s *shop, want string) {
		t.Helper()
		s.data = remoteData()
		server := httptest.NewServer(s)
		defer server.Close()
		d, err := quick().open(context.Background(), server.URL+"/a.jsonl")
		if err == nil {
			_, err = io.Copy(io.Discard, d)
			d.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), server.URL) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	changing := tagged(&shop{cut: 100_000})
	changing.on = func(n int64) {
		if n == 4 {
			changing.tag.Store(`"v2"`)
		}
	}
	f("another version half-way", changing, "changed while it was read")
	shrinking := &shop{cut: 100_000}
	shrinking.on = func(n int64) {
		if n == 4 {
			shrinking.data = shrinking.data[:500_000]
		}
	}
	f("another length half-way", shrinking, "changed while it was read")
	f("not there", &shop{refuse: []int{404}}, "404 Not Found")
	f("always busy", &shop{refuse: repeat(503, 100)}, "503")
	f("another range than asked for", &shop{other: true}, "another range")
}

func repeat(code, n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = code
	}
	return all
}

// An object that is not there is a refused file, since a list of thousands may have a hole; a server that is down ends the run.
func TestRemoteFaultsAreSorted(t *testing.T) {
	f := func(refused bool, statuses ...int) {
		t.Helper()
		server := httptest.NewServer(&shop{refuse: statuses})
		defer server.Close()
		_, err := quick().open(context.Background(), server.URL)
		var record *quern.RecordError
		if errors.As(err, &record) != refused || err == nil {
			t.Errorf("%v: %v, refused file: %v, want %v", statuses[0], err, !refused, refused)
		}
	}
	f(true, 404)
	f(true, 403)
	f(true, 410)
	f(false, repeat(503, 50)...)
	f(false, repeat(429, 50)...)
}

func TestRemoteSeekNeedsRanges(t *testing.T) {
	server := httptest.NewServer(&shop{data: remoteData(), noRanges: true})
	defer server.Close()
	d, err := quick().open(context.Background(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.ReadAt(make([]byte, 10), 700_000); !errors.Is(err, errRanges) {
		t.Errorf("%v, want %v", err, errRanges)
	}
}

func TestRemoteReadIsCancelled(t *testing.T) {
	server := httptest.NewServer(&shop{data: remoteData(), patient: true, refuse: append([]int{0}, repeat(503, 1000)...)})
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	w := newNetwork() // waits a second and more between attempts
	d, err := w.open(ctx, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := io.Copy(io.Discard, d); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}

// The same documents come from a URL as from a file of the same name, however it is cut into units.
func TestRemoteSourceEqualsLocal(t *testing.T) {
	data := remoteData()
	server := httptest.NewServer(&shop{data: data})
	defer server.Close()
	read := func(unit int64) harvest {
		o := opts("", server.URL+"/a.jsonl?download=1")
		o.UnitBytes = unit
		r, err := NewJSONL(o, DefaultFields())
		return reap(t, r, err)
	}
	want := read(0)
	got := read(100_000)
	if len(want.docs) != len(got.docs) || len(want.docs) != bytes.Count(data, []byte("\n")) {
		t.Fatalf("%d and %d documents, want %d", len(want.docs), len(got.docs), bytes.Count(data, []byte("\n")))
	}
	for i := range got.docs {
		if got.docs[i].ID != want.docs[i].ID || !bytes.Equal(got.docs[i].Text, want.docs[i].Text) {
			t.Fatalf("document %d differs", i)
		}
	}
}

func TestPathLists(t *testing.T) {
	mux := http.NewServeMux()
	serve := func(path, data string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(data))
		})
	}
	serve("/crawl/a.jsonl", `{"text":"a","id":1}`)
	serve("/crawl/b.jsonl", `{"text":"b","id":1}`)
	serve("/crawl/c.jsonl", `{"text":"c","id":1}`)
	server := httptest.NewServer(mux)
	defer server.Close()
	list := "crawl/a.jsonl\n/crawl/b.jsonl\n\n" + server.URL + "/crawl/c.jsonl\ncrawl/hole.jsonl\n"
	serve("/crawl/all.paths", list)
	serve("/crawl/all.paths.gz", string(gz(list)))
	serve("/crawl/none.paths", "\n")
	dir := plant(t, "d.jsonl", `{"text":"d","id":1}`, "local.paths", "d.jsonl\n"+server.URL+"/crawl/c.jsonl\n")

	f := func(path, want string, refused int) {
		t.Helper()
		r, err := NewJSONL(opts(dir, path), DefaultFields())
		h := reap(t, r, err)
		got := ""
		for _, d := range h.docs {
			got += string(d.Text)
		}
		if got != want || len(h.refused) != refused {
			t.Errorf("%s: %q and %d refused, want %q and %d", path, got, len(h.refused), want, refused)
		}
	}
	f(server.URL+"/crawl/all.paths", "abc", 1)
	f(server.URL+"/crawl/all.paths.gz", "abc", 1)
	f(server.URL+"/crawl/all.paths#1:4", "bc", 0)
	f(server.URL+"/crawl/all.paths.gz#:1", "a", 0)
	f("local.paths", "dc", 0)

	wrong := func(path, want string) {
		t.Helper()
		r, err := NewJSONL(opts(dir, path), DefaultFields())
		if err == nil {
			_, err = r.Units(context.Background())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	wrong(server.URL+"/crawl/none.paths", "empty")
	wrong(server.URL+"/crawl/all.paths#5", "want lines as #from:to")
	wrong(server.URL+"/crawl/all.paths#4:2", "want lines as #from:to")
	wrong(server.URL+"/nothing.jsonl", "404")
	wrong("http://", "want a URL")
	wrong("https://me:secret@example.org/a.jsonl", "without a password")
}
