package train

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
	"time"
)

// events writes what TensorBoard reads: a file of TFRecords, each an Event message of Protocol Buffers
// (tensorflow/core/util/event.proto, framework/summary.proto; lib/io/record_writer.h).
type events struct {
	w   io.Writer
	now func() time.Time
	buf []byte
}

// scalar is one number under a name.
type scalar struct {
	tag   string
	value float64
}

// newEvents begins a file; nil for no writer, or one that fails.
func newEvents(w io.Writer) *events {
	if w == nil {
		return nil
	}
	return startEvents(w, time.Now)
}

func startEvents(w io.Writer, now func() time.Time) *events {
	e := &events{w: w, now: now}
	e.record(appendBytes(e.event(0, false), 3, "brain.Event:2")) // file_version
	if e.w == nil {
		return nil
	}
	return e
}

// add writes the numbers of a step. After an error it writes no more.
func (e *events) add(step int, numbers ...scalar) {
	if e.w == nil {
		return
	}
	var summary []byte
	for _, s := range numbers {
		value := appendBytes(nil, 1, s.tag) // Value.tag
		value = append(value, 2<<3|5)       // Value.simple_value, fixed32
		value = binary.LittleEndian.AppendUint32(value, math.Float32bits(float32(s.value)))
		summary = appendBytes(summary, 1, string(value)) // Summary.value
	}
	e.record(appendBytes(e.event(step, true), 5, string(summary))) // Event.summary
}

// event begins an Event: the time, and the step.
func (e *events) event(step int, hasStep bool) []byte {
	out := append([]byte(nil), 1<<3|1) // wall_time, fixed64
	out = binary.LittleEndian.AppendUint64(out, math.Float64bits(float64(e.now().UnixMicro())/1e6))
	if hasStep {
		out = binary.AppendUvarint(append(out, 2<<3), uint64(step)) // step, varint
	}
	return out
}

// record frames data: its length, a checksum of that, data, and a checksum of that.
func (e *events) record(data []byte) {
	b := binary.LittleEndian.AppendUint64(e.buf[:0], uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, masked(b))
	b = append(b, data...)
	b = binary.LittleEndian.AppendUint32(b, masked(data))
	e.buf = b
	if _, err := e.w.Write(b); err != nil {
		e.w = nil
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is a CRC32C, turned and shifted so that the checksum of data that hold checksums is a good one.
func masked(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// appendBytes adds a field of bytes, a string or a message.
func appendBytes(b []byte, field int, s string) []byte {
	b = append(b, byte(field<<3|2))
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}
