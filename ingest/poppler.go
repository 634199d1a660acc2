package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/seed-83c59573/quern/ingest/extract/pdf"
)

// Limits on poppler's program, which has none of its own.
const (
	popplerTime = 2 * time.Minute // for one file
	popplerText = 64 << 20        // bytes of its output
)

// poppler reads PDF files with the program pdftotext, run as a child for each file. It gets the file on its standard input; no shell and
// no file is involved. Its text depends on its version.
type poppler struct {
	ctx     context.Context
	program string
}

var errPopplerText = errors.New("pdftotext writes more than the limit")

// capped keeps up to max bytes and then fails, which ends the child.
type capped struct {
	bytes.Buffer
	max int
}

func (c *capped) Write(b []byte) (int, error) {
	if c.Len()+len(b) > c.max {
		return 0, errPopplerText
	}
	return c.Buffer.Write(b)
}

func (p poppler) read(data []byte, o pdf.Options) (pdf.Document, error) {
	ctx, cancel := context.WithTimeout(p.ctx, popplerTime)
	defer cancel()
	text, complaint := &capped{max: popplerText}, &capped{max: 1 << 16}
	cmd := exec.CommandContext(ctx, p.program, "-enc", "UTF-8", "-eol", "unix", "-", "-")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(data), text, complaint
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	switch {
	case err == nil:
		return pdf.Plain(text.Bytes(), o)
	case p.ctx.Err() != nil:
		return pdf.Document{}, p.ctx.Err()
	case ctx.Err() != nil:
		return pdf.Document{}, fmt.Errorf("pdftotext took longer than %v: %w", popplerTime, pdf.ErrTooLarge)
	case errors.Is(err, errPopplerText):
		return pdf.Document{}, fmt.Errorf("%w: %w", err, pdf.ErrTooLarge)
	case cmd.ProcessState == nil:
		return pdf.Document{}, err
	case strings.Contains(complaint.String(), "password") || cmd.ProcessState.ExitCode() == 3:
		return pdf.Document{}, pdf.ErrEncrypted
	}
	first, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n")
	return pdf.Document{}, fmt.Errorf("pdftotext: %w: %s", err, quoted(first))
}
