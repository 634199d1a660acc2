package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/shard"
	"github.com/seed-83c59573/quern/tokenize"
)

// rawIDs are ids as trainers read them from a file: little-endian, nothing between.
type rawIDs struct {
	dtype string
	width int // bytes of an id; 0 = ids are numbers in text
}

func (r *rawIDs) add(cmd *cobra.Command, usage string) {
	cmd.Flags().StringVar(&r.dtype, "dtype", "", usage)
}

// settle finds the width: what was asked for or, where a file's name says that it is raw, what the vocabulary needs.
func (r *rawIDs) settle(file string, vocab int) error {
	switch r.dtype {
	case "uint16":
		if r.width = 2; vocab > math.MaxUint16+1 {
			return usageError{fmt.Errorf("--dtype uint16: this tokenizer has %d ids: want uint32", vocab)}
		}
	case "uint32":
		r.width = 4
	case "":
		if filepath.Ext(file) == ".bin" {
			r.width = shard.TokenWidth(vocab)
		}
	default:
		return usageError{fmt.Errorf("--dtype %s: want uint16 or uint32", r.dtype)}
	}
	return nil
}

// put writes ids, raw or as numbers on one line.
func (r *rawIDs) put(w *bufio.Writer, ids []uint32) {
	var b []byte
	for i, id := range ids {
		switch b = b[:0]; {
		case r.width == 2:
			b = binary.LittleEndian.AppendUint16(b, uint16(id))
		case r.width == 4:
			b = binary.LittleEndian.AppendUint32(b, id)
		default:
			if i > 0 {
				b = append(b, ' ')
			}
			b = strconv.AppendUint(b, uint64(id), 10)
		}
		w.Write(b) // the writer keeps its error
	}
	if r.width == 0 {
		w.WriteByte('\n')
	}
}

// encodeJob is what "tokenizer encode" is asked to do.
type encodeJob struct {
	raw                        rawIDs
	out                        string
	specials, template, asJSON bool
}

func tokenizerEncode() *cobra.Command {
	var j encodeJob
	cmd := &cobra.Command{
		Use:   "encode TOKENIZER [FILE]",
		Short: "Print the ids of a text (standard input by default), or write them to a file",
		Long: `Print the ids of a text, a file or standard input, or write them to a file: as numbers or, to a file that ends in .bin or with --dtype, raw
and little-endian, as NumPy's fromfile and many trainers read them. The whole text is one document; a corpus is the work of quern run.`,
		Args: rangeArgs(1, 2),
		RunE: j.run,
	}
	cmd.Flags().StringVar(&j.out, "out", "", "file to write (default: standard output)")
	j.raw.add(cmd, "write raw ids: uint16 or uint32 (default of an --out that ends in .bin: the smallest that holds the vocabulary)")
	cmd.Flags().BoolVar(&j.specials, "specials", false, "text that spells a special token yields it")
	cmd.Flags().BoolVar(&j.template, "template", false, "put the tokens around the text that the tokenizer's post_processor has")
	cmd.Flags().BoolVar(&j.asJSON, "json", false, "ids, offsets in bytes and type ids as JSON")
	return cmd
}

func (j *encodeJob) run(cmd *cobra.Command, args []string) error {
	tok, err := pipelines.OpenTokenizer(args[0])
	if err != nil {
		return err
	}
	noteSlow(cmd, args[0], tok)
	if err := j.raw.settle(j.out, tok.Vocab()); err != nil {
		return err
	}
	if j.asJSON && j.raw.width > 0 {
		return usageError{errors.New("--json: raw ids, which --dtype or the name of --out asks for, are no JSON")}
	}
	b, err := text(cmd, args[1:])
	if err != nil {
		return err
	}
	e, err := j.encode(tok, b)
	if err != nil {
		return err
	}
	write := func(to io.Writer) error {
		w := bufio.NewWriter(to)
		if j.asJSON {
			putJSON(w, &e)
		} else {
			j.raw.put(w, e.IDs)
		}
		return w.Flush()
	}
	if j.out == "" {
		return write(cmd.OutOrStdout())
	}
	return writeFile(j.out, write)
}

// encode gives the ids of a text and, where they are asked for, what belongs to them, which takes ten times the memory.
func (j *encodeJob) encode(tok *tokenize.Tokenizer, b []byte) (e tokenize.Encoding, err error) {
	enc := tok.NewEncoder()
	allowed := func(string) bool { return j.specials }
	if j.template || j.asJSON {
		return enc.Encode(b, tokenize.EncodeOptions{Template: j.template, Allowed: allowed})
	}
	a, err := tok.Allow(allowed)
	if err != nil {
		return e, err
	}
	e.IDs = enc.AppendAllowed(nil, b, a)
	return e, enc.Err()
}

// putJSON writes an encoding as one line of JSON; json.Marshal would hold all of it in memory.
func putJSON(w *bufio.Writer, e *tokenize.Encoding) {
	list := func(name string, n int, item func(b []byte, i int) []byte) {
		w.WriteString(name)
		var b []byte
		for i := range n {
			if b = b[:0]; i > 0 {
				b = append(b, ',')
			}
			w.Write(item(b, i))
		}
	}
	number := func(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }
	list(`{"ids":[`, len(e.IDs), func(b []byte, i int) []byte { return number(b, int(e.IDs[i])) })
	list(`],"offsets":[`, len(e.Offsets), func(b []byte, i int) []byte {
		b = append(number(append(b, '['), e.Offsets[i][0]), ',')
		return append(number(b, e.Offsets[i][1]), ']')
	})
	list(`],"type_ids":[`, len(e.Types), func(b []byte, i int) []byte { return number(b, int(e.Types[i])) })
	w.WriteString("]}\n")
}

func tokenizerDecode() *cobra.Command {
	var raw rawIDs
	cmd := &cobra.Command{
		Use:   "decode TOKENIZER [FILE]",
		Short: "Print the text of ids (numbers with white space or commas between, or raw; standard input by default)",
		Args:  rangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			tok, err := pipelines.OpenTokenizer(args[0])
			if err != nil {
				return err
			}
			in, name := cmd.InOrStdin(), "-"
			if len(args) > 1 && args[1] != "-" {
				f, err := os.Open(args[1])
				if err != nil {
					return err
				}
				defer f.Close()
				in, name = f, args[1]
			}
			if err := raw.settle(name, tok.Vocab()); err != nil {
				return err
			}
			w := bufio.NewWriter(cmd.OutOrStdout())
			return errors.Join(raw.decode(w, tok, bufio.NewReader(in)), w.Flush())
		},
	}
	raw.add(cmd, "the ids are raw, little-endian: uint16 or uint32 (default of a file that ends in .bin: the smallest that holds the vocabulary)")
	return cmd
}

// decode writes the text of ids as they are read.
func (r *rawIDs) decode(w *bufio.Writer, tok *tokenize.Tokenizer, in *bufio.Reader) error {
	s := tok.NewStreamer()
	next := nextNumber
	if r.width > 0 {
		next = r.next
	}
	for n := 1; ; n++ {
		id, given, err := next(in)
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("number %d: %w", n, err)
		}
		if id > math.MaxUint32 || tok.Token(uint32(id)) == nil {
			if given == "" {
				given = strconv.FormatUint(id, 10)
			}
			return fmt.Errorf("number %d: %.20q is no id of this tokenizer, which has %d", n, given, tok.Vocab())
		}
		w.WriteString(s.Next(uint32(id)))
	}
	w.WriteString(s.End())
	return nil
}

// next reads a raw id.
func (r *rawIDs) next(in *bufio.Reader) (uint64, string, error) {
	var b [4]byte
	if n, err := io.ReadFull(in, b[:r.width]); err == io.ErrUnexpectedEOF {
		return 0, "", fmt.Errorf("the file ends after %d of %d bytes: are these raw ids of another type?", n, r.width)
	} else if err != nil {
		return 0, "", err
	}
	return uint64(binary.LittleEndian.Uint32(b[:])), "", nil
}

// nextNumber reads a number and gives it also as it stood; what is none is larger than any id. Of a long one only the start is kept.
func nextNumber(in *bufio.Reader) (uint64, string, error) {
	var word []byte
	for {
		c, err := in.ReadByte()
		if err != nil && (err != io.EOF || len(word) == 0) {
			return 0, "", err
		}
		switch {
		case err == nil && !isBetween(c):
			if len(word) < 64 {
				word = append(word, c)
			}
			continue
		case len(word) == 0:
			continue
		}
		id, err := strconv.ParseUint(string(word), 10, 32)
		if err != nil {
			id = math.MaxUint64
		}
		return id, string(word), nil
	}
}

// isBetween tells what stands between numbers, also in the lists that JSON and Python print.
func isBetween(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\v', '\f', '\r', ',', '[', ']':
		return true
	}
	return false
}
