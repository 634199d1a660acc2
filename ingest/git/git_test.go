package git

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zlib"
)

func deflate(b []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func hashOf(kind string, b []byte) Hash {
	return sha1.Sum(append(fmt.Appendf(nil, "%s %d\x00", kind, len(b)), b...))
}

// packer writes a pack and its index as git does.
type packer struct {
	pack  []byte
	names []Hash
	at    map[Hash]int
}

func newPacker() *packer {
	return &packer{pack: []byte("PACK\x00\x00\x00\x02\x00\x00\x00\x00"), at: map[Hash]int{}}
}

// put adds an entry under a name; between header and data may stand where a delta's base is.
func (p *packer) put(h Hash, kind Kind, base, data []byte) {
	p.names = append(p.names, h)
	p.at[h] = len(p.pack)
	n := len(data)
	c := byte(kind)<<4 | byte(n&15)
	for n >>= 4; n > 0; n >>= 7 {
		p.pack = append(p.pack, c|0x80)
		c = byte(n & 0x7f)
	}
	p.pack = append(append(append(p.pack, c), base...), deflate(data)...)
}

func (p *packer) object(kind Kind, data string) Hash {
	name := map[Kind]string{Commit: "commit", Tree: "tree", Blob: "blob", Tag: "tag"}[kind]
	h := hashOf(name, []byte(data))
	p.put(h, kind, nil, []byte(data))
	return h
}

// plant writes a bare repository with this pack.
func (p *packer) plant(t testing.TB, head Hash) string {
	t.Helper()
	dir := t.TempDir()
	os.MkdirAll(filepath.Join(dir, "objects", "pack"), 0o777)
	binary.BigEndian.PutUint32(p.pack[8:], uint32(len(p.names)))
	slices.SortFunc(p.names, func(a, b Hash) int { return bytes.Compare(a[:], b[:]) })
	idx := []byte("\xfftOc\x00\x00\x00\x02")
	for i := range 256 {
		n := 0
		for _, h := range p.names {
			if int(h[0]) <= i {
				n++
			}
		}
		idx = binary.BigEndian.AppendUint32(idx, uint32(n))
	}
	for _, h := range p.names {
		idx = append(idx, h[:]...)
	}
	idx = append(idx, make([]byte, 4*len(p.names))...)
	for _, h := range p.names {
		idx = binary.BigEndian.AppendUint32(idx, uint32(p.at[h]))
	}
	idx = append(idx, make([]byte, 40)...)
	for name, b := range map[string][]byte{"HEAD": []byte(head.String() + "\n"), "objects/pack/pack-1.idx": idx, "objects/pack/pack-1.pack": append(p.pack, make([]byte, 20)...)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t testing.TB, dir string) *Repo {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func TestPackedDeltas(t *testing.T) {
	p := newPacker()
	base := strings.Repeat("line of the base\n", 100)
	b := p.object(Blob, base)
	// A delta: sizes of base and result, a copy of 34 bytes from 17, five new bytes.
	delta := append(binary.AppendUvarint(binary.AppendUvarint(nil, uint64(len(base))), 39), 0x80|0x01|0x10, 17, 34, 5, 'a', 'b', 'c', 'd', '\n')
	want := base[17:51] + "abcd\n"
	h1, h2 := Hash{1}, Hash{2}
	p.put(h1, hashDelta, b[:], delta)
	back := len(p.pack) - p.at[b]
	p.put(h2, offsetDelta, offsetBytes(back), delta)
	loop := Hash{3}
	p.put(loop, hashDelta, loop[:], delta)
	missing := Hash{4}
	p.put(missing, hashDelta, make([]byte, 20), delta)
	huge := Hash{5}
	p.put(huge, hashDelta, b[:], append(binary.AppendUvarint(binary.AppendUvarint(nil, uint64(len(base))), 1<<40), 1, 'x'))
	beyond := Hash{6}
	p.put(beyond, hashDelta, b[:], append(binary.AppendUvarint(binary.AppendUvarint(nil, uint64(len(base))), 39), 0x80|0x02|0x10, 200, 34))
	r := open(t, p.plant(t, b))
	for range 2 {
		for _, h := range []Hash{h1, h2} {
			k, text, err := r.Object(h, 1000)
			if k != Blob || string(text) != want || err != nil {
				t.Errorf("%v: %d %q %v", h, k, text, err)
			}
			if _, n, err := r.Size(h); n != 39 || err != nil {
				t.Error(n, err)
			}
		}
	}
	f := func(h Hash, limit int64, want error) {
		t.Helper()
		if _, _, err := r.Object(h, limit); !errors.Is(err, want) {
			t.Errorf("%v: %v, want %v", h, err, want)
		}
	}
	f(h1, 38, ErrLarge)
	f(b, 100, ErrLarge)
	f(loop, 1000, ErrLarge)
	f(missing, 1000, ErrDamaged)
	f(huge, 1<<50, ErrLarge)
	f(beyond, 1000, ErrDamaged)
	f(Hash{7}, 1000, ErrNotFound)
}

// offsetBytes writes the distance to a base as packs have it.
func offsetBytes(n int) []byte {
	b := []byte{byte(n & 0x7f)}
	for n >>= 7; n > 0; n >>= 7 {
		n--
		b = append([]byte{0x80 | byte(n&0x7f)}, b...)
	}
	return b
}

func TestWalk(t *testing.T) {
	p := newPacker()
	blob := p.object(Blob, "text\n")
	row := func(mode, name string, h Hash) string { return mode + " " + name + "\x00" + string(h[:]) }
	sub := p.object(Tree, row("100644", "b", blob))
	tree := p.object(Tree, row("100755", "a", blob)+row("120000", "link", blob)+row("160000", "module", blob)+row("40000", "sub", sub))
	commit := p.object(Commit, "tree "+tree.String()+"\nauthor A <a> 1 +0000\ncommitter C <c> 1700000000 +0100\n\nmessage\n")
	tag := p.object(Tag, "object "+commit.String()+"\ntype commit\ntag v1\n")
	// Each folder holds the one below twice: 2^30 paths in two kilobytes.
	bomb := sub
	for range 30 {
		bomb = p.object(Tree, row("40000", "x", bomb)+row("40000", "y", bomb))
	}
	cut := p.object(Tree, "100644 a\x00short")
	r := open(t, p.plant(t, tag))
	h, err := r.Resolve("HEAD")
	head, err2 := r.Commit(h)
	if err != nil || err2 != nil || head.Hash != commit || head.Tree != tree || head.Time.Format("2006-01-02T15:04:05Z07:00") != "2023-11-14T22:13:20Z" {
		t.Fatal(head, err, err2)
	}
	var names []string
	if err := r.Walk(head.Tree, 100, func(f File) error { names = append(names, f.Name); return nil }); err != nil || strings.Join(names, " ") != "a sub/b" {
		t.Error(names, err)
	}
	for _, h := range []Hash{bomb, cut, blob, {9}} {
		if err := r.Walk(h, 1000, func(File) error { return nil }); err == nil {
			t.Errorf("%v: no error", h)
		}
	}
}

func TestNoRepository(t *testing.T) {
	f := func(want string, files ...string) {
		t.Helper()
		dir := t.TempDir()
		for i := 0; i < len(files); i += 2 {
			p := filepath.Join(dir, files[i])
			os.MkdirAll(filepath.Dir(p), 0o777)
			os.WriteFile(p, []byte(files[i+1]), 0o666)
		}
		r, err := Open(dir)
		if err == nil {
			r.Close()
		}
		if err == nil && want != "" || err != nil && (want == "" || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", files, err, want)
		}
	}
	f("not a Git repository")
	f("not a Git repository", "HEAD", "x")
	f("elsewhere", ".git", "gitdir: /etc")
	f("alternates", "HEAD", "ref: refs/heads/main", "objects/info/alternates", "/etc")
	f("sha256", "HEAD", "ref: refs/heads/main", "objects/x", "", "config", "[extensions]\n\tobjectformat = sha256\n")
	f("", ".git/HEAD", "ref: refs/heads/main", ".git/objects/x", "")
	f("damaged", "HEAD", "x", "objects/pack/a.idx", "short", "objects/pack/a.pack", "PACK")
}

func TestRefs(t *testing.T) {
	p := newPacker()
	h := p.object(Blob, "x")
	dir := p.plant(t, h)
	write := func(name, text string) {
		os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777)
		os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666)
	}
	write("HEAD", "ref: refs/heads/main\n")
	write("packed-refs", "# pack-refs\n"+h.String()+" refs/heads/main\n^"+h.String()+"\n"+h.String()+" refs/tags/v1\n")
	write("refs/heads/loose/one", h.String()+"\n")
	write("refs/heads/loop", "ref: refs/heads/loop\n")
	write("refs/heads/out", "ref: ../../../etc/passwd\n")
	write("refs/heads/text", "no hash\n")
	r := open(t, dir)
	for _, name := range []string{"HEAD", "main", "v1", "refs/tags/v1", "loose/one", h.String()} {
		if got, err := r.Resolve(name); got != h || err != nil {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	for _, name := range []string{"", "nothing", "loop", "out", "text", "../HEAD", "/etc/passwd", "a..b/../c", ".git", strings.Repeat("a", 2000)} {
		if got, err := r.Resolve(name); err == nil {
			t.Errorf("%q: %v", name, got)
		}
	}
	files, err := r.Files("HEAD")
	if err != nil || len(files) != 2 || filepath.Base(files[1]) != "packed-refs" {
		t.Error(files, err)
	}
}

func TestPublicURL(t *testing.T) {
	f := func(url, want string) {
		t.Helper()
		if got := publicURL(url); got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
	f("https://github.com/o/r.git", "github.com/o/r")
	f("https://user:secret@github.com/o/r", "github.com/o/r")
	f("https://x-access-token:ghp_secret@github.com/o/r.git?token=secret#x", "github.com/o/r")
	f("git@github.com:o/r.git", "github.com/o/r")
	f("ssh://git@host.org:2222/o/r/", "host.org:2222/o/r")
	f("/srv/git/r.git", "")
	f("../r", "")
	f("file:///srv/r", "")
	f("C:\\r", "")
	f("https://a@b@c/o r", "")
	f("", "")
}

// A link out of the folder is not followed, whatever it leads to.
func TestLinksLeadNowhere(t *testing.T) {
	p := newPacker()
	h := p.object(Blob, "secret")
	other := p.plant(t, h)
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "HEAD"), []byte(h.String()), 0o666)
	os.Mkdir(filepath.Join(dir, "objects"), 0o777)
	if err := os.Symlink(filepath.Join(other, "objects", "pack"), filepath.Join(dir, "objects", "pack")); err != nil {
		t.Skip("no links here: ", err)
	}
	os.Symlink(filepath.Join(other, "HEAD"), filepath.Join(dir, "packed-refs"))
	r, err := Open(dir)
	if err != nil {
		return
	}
	defer r.Close()
	if _, text, err := r.Object(h, 100); !errors.Is(err, ErrNotFound) {
		t.Errorf("%q %v", text, err)
	}
	name := h.String()
	os.Symlink(other, filepath.Join(dir, "objects", name[:2]))
	if _, text, err := r.Object(h, 100); !errors.Is(err, ErrDamaged) {
		t.Errorf("%q %v", text, err)
	}
}

// Git itself makes repositories with long chains of deltas; every object reads as git shows it.
func TestAgainstGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		c := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"}, args...)...)
		c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		out, err := c.Output()
		if err != nil {
			t.Fatal(args, err)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	for i := range 30 {
		text := ""
		for j := range 400 {
			text += fmt.Sprintf("line %d of version %d\n", j, i*(j%40/39))
		}
		os.WriteFile(filepath.Join(dir, "a.txt"), []byte(text), 0o666)
		os.WriteFile(filepath.Join(dir, fmt.Sprintf("é%d.txt", i)), []byte(text[:len(text)/(i+1)]), 0o666)
		git("add", "-A")
		git("commit", "-q", "-m", "version")
		if i == 20 {
			git("repack", "-q", "-a", "-d", "--depth=50", "--window=50")
			git("tag", "-a", "-m", "tag", "v1")
		}
	}
	r := open(t, dir)
	for _, ref := range []string{"HEAD", "v1"} {
		h, err := r.Resolve(ref)
		if err != nil {
			t.Fatal(err)
		}
		head, err := r.Commit(h)
		if err != nil || head.Hash.String() != git("rev-parse", ref+"^{commit}") {
			t.Fatal(head, err)
		}
		n := 0
		err = r.Walk(head.Tree, 1000, func(f File) error {
			n++
			_, text, err := r.Object(f.Hash, 1<<20)
			if err != nil {
				return err
			}
			_, size, err := r.Size(f.Hash)
			if hashOf("blob", text) != f.Hash || size != int64(len(text)) {
				t.Errorf("%s: %d bytes, size %d", f.Name, len(text), size)
			}
			return err
		})
		if err != nil || n != len(strings.Split(git("ls-tree", "-r", ref), "\n")) {
			t.Error(n, err)
		}
	}
}

func FuzzApply(f *testing.F) {
	f.Add([]byte("base of it"), []byte{10, 5, 0x90, 5})
	f.Add([]byte("base"), []byte{4, 3, 3, 'a', 'b', 'c'})
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		work := int64(0)
		out, err := apply(base, delta, &work)
		if err == nil && int64(len(out)) != work {
			t.Errorf("%d bytes, %d counted", len(out), work)
		}
	})
}

// A damaged pack gives errors, never other objects than were asked for within the limit.
func FuzzPack(f *testing.F) {
	p := newPacker()
	b := p.object(Blob, strings.Repeat("text\n", 20))
	p.put(Hash{1}, hashDelta, b[:], []byte{100, 5, 0x90, 5})
	p.object(Tree, "100644 a\x00"+string(b[:]))
	dir := p.plant(f, b)
	pack, _ := os.ReadFile(filepath.Join(dir, "objects/pack/pack-1.pack"))
	idx, _ := os.ReadFile(filepath.Join(dir, "objects/pack/pack-1.idx"))
	f.Add(pack, idx)
	f.Fuzz(func(t *testing.T, pack, idx []byte) {
		dir := t.TempDir()
		os.MkdirAll(filepath.Join(dir, "objects", "pack"), 0o777)
		os.WriteFile(filepath.Join(dir, "HEAD"), []byte(b.String()), 0o666)
		os.WriteFile(filepath.Join(dir, "objects/pack/a.pack"), pack, 0o666)
		os.WriteFile(filepath.Join(dir, "objects/pack/a.idx"), idx, 0o666)
		r, err := Open(dir)
		if err != nil {
			return
		}
		defer r.Close()
		for _, h := range []Hash{b, {1}} {
			if _, text, err := r.Object(h, 1000); err == nil && len(text) > 1000 {
				t.Errorf("%d bytes", len(text))
			}
			r.Size(h)
			r.Walk(h, 100, func(File) error { return nil })
		}
	})
}
