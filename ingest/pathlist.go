package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
)

const (
	maxPathList  = 64 << 20 // bytes of a path list, unpacked
	maxListLines = 4 << 20  // and its lines
)

// isPathList reports a file or URL that names others, one a line, by its ending: .paths or .paths.gz, as Common Crawl publishes them.
func isPathList(name string) bool {
	name, _, _ = strings.Cut(name, "#")
	return strings.HasSuffix(strings.TrimSuffix(withoutQuery(name), ".gz"), ".paths")
}

// listed are the inputs that a path list names. A line is a URL, or a path: on the list's own server, or below the list's own folder.
// The size of a URL is not asked for, since a list may have a hundred thousand.
func (o Options) listed(ctx context.Context, list string, wants func(name string) bool) ([]input, error) {
	lines, err := o.lines(ctx, list)
	if err == nil && len(lines) == 0 {
		err = errors.New("the list is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("ingest: source %q: %q: %w", o.Name, list, err)
	}
	var all []input
	for _, line := range lines {
		name := line
		if IsURL(list) && !IsURL(line) {
			u, err := url.Parse(list)
			if err == nil {
				u, err = u.Parse("/" + strings.TrimPrefix(line, "/"))
			}
			if err != nil {
				return nil, fmt.Errorf("ingest: source %q: %q: line %q: %w", o.Name, list, clip(line, 200), err)
			}
			name = u.String()
		}
		if IsURL(name) {
			all = append(all, input{root: name, path: name, size: -1, web: o.web, ctx: ctx})
			continue
		}
		if all, err = o.walk(ctx, path.Join(path.Dir(list), line), wants, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// lines reads the lines of a path list. A fragment such as #0:10 takes those from the first number to before the second.
func (o Options) lines(ctx context.Context, list string) ([]string, error) {
	name, fragment, _ := strings.Cut(list, "#")
	from, to, err := lineRange(fragment)
	if err != nil {
		return nil, err
	}
	f := input{root: name, path: o.locate(name, ""), web: o.web, ctx: ctx}
	d, err := f.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var in io.Reader = d
	if named(name) == gzipped {
		if in, err = gzip.NewReader(d); err != nil {
			return nil, err
		}
	}
	var all []string
	s := bufio.NewScanner(io.LimitReader(in, maxPathList))
	for n := 0; n < to && s.Scan(); n++ {
		if n >= maxListLines {
			return nil, fmt.Errorf("more than %d lines", maxListLines)
		}
		if line := strings.TrimSpace(s.Text()); n >= from && line != "" {
			all = append(all, line)
		}
	}
	return all, s.Err()
}

// lineRange reads "from:to", either of which may be left out.
func lineRange(s string) (from, to int, err error) {
	to = maxListLines + 1
	if s == "" {
		return 0, to, nil
	}
	first, last, ok := strings.Cut(s, ":")
	if first != "" {
		from, err = strconv.Atoi(first)
	}
	if last != "" && err == nil {
		to, err = strconv.Atoi(last)
	}
	if !ok || err != nil || from < 0 || to <= from {
		return 0, 0, fmt.Errorf("#%s: want lines as #from:to, counted from 0", clip(s, 40))
	}
	return from, to, nil
}
