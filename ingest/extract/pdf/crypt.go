package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
)

// crypt decrypts a file that opens with the empty password (ISO 32000-2, 7.6): it is only kept from being changed, not from being read.
type crypt struct {
	key      []byte
	revision int
	aes      bool // strings and streams alike; files that mix are not known in practice
	none     bool // the identity filter
	metadata bool
	self     int // the number of the encryption dictionary, which is not encrypted
}

var passwordPad = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

func (f *file) newCrypt(d value) (*crypt, error) {
	v, r := f.get(d, "V").int(), f.get(d, "R").int()
	c := &crypt{revision: r, metadata: true}
	if m := f.get(d, "EncryptMetadata"); m.kind == boolean && m.num == 0 {
		c.metadata = false
	}
	if !f.get(d, "Filter").named("Standard") || v < 1 || v > 5 || v == 3 {
		return nil, ErrEncrypted
	}
	bits := f.get(d, "Length").int()
	if v >= 4 {
		cf := f.get(f.get(d, "CF"), string(f.get(d, "StmF").s))
		switch m := f.get(cf, "CFM"); {
		case m.named("AESV2"), m.named("AESV3"):
			c.aes = true
		case m.named("V2"):
		default:
			c.none = true
		}
		bits = 128
	}
	if v == 1 || bits == 0 {
		bits = 40
	}
	if bits < 40 || bits > 256 || bits%8 != 0 {
		return nil, ErrEncrypted
	}
	o, u := f.get(d, "O").s, f.get(d, "U").s
	if v == 5 {
		return c, c.openV5(u, f.get(d, "UE").s)
	}
	if len(o) < 32 || len(u) < 32 || bits > 128 {
		return nil, ErrEncrypted
	}
	id := f.resolve(f.trailer.key("ID"))
	var id0 []byte
	if len(id.a) > 0 {
		id0 = f.resolve(id.a[0]).s
	}
	perms := f.get(d, "P").num
	c.makeKey(o[:32], id0, uint32(int64(perms)), bits/8)
	if !c.rightPassword(u, id0) {
		return nil, ErrEncrypted
	}
	return c, nil
}

func (c *crypt) makeKey(o, id []byte, perms uint32, n int) {
	h := md5.New()
	h.Write(passwordPad)
	h.Write(o)
	h.Write(binary.LittleEndian.AppendUint32(nil, perms))
	h.Write(id)
	if c.revision >= 4 && !c.metadata {
		h.Write([]byte{255, 255, 255, 255})
	}
	key := h.Sum(nil)
	if c.revision >= 3 {
		for range 50 {
			s := md5.Sum(key[:n])
			key = s[:]
		}
	}
	c.key = key[:n]
}

func (c *crypt) rightPassword(u, id []byte) bool {
	if c.revision == 2 {
		return bytes.Equal(xorRC4(c.key, passwordPad), u[:32])
	}
	h := md5.New()
	h.Write(passwordPad)
	h.Write(id)
	x := h.Sum(nil)
	key := make([]byte, len(c.key))
	for i := range 20 {
		for k := range key {
			key[k] = c.key[k] ^ byte(i)
		}
		x = xorRC4(key, x)
	}
	return bytes.Equal(x, u[:16])
}

func xorRC4(key, b []byte) []byte {
	out := make([]byte, len(b))
	if c, err := rc4.NewCipher(key); err == nil {
		c.XORKeyStream(out, b)
	}
	return out
}

// openV5 finds the key of 256 bits for the empty password (revisions 5 and 6).
func (c *crypt) openV5(u, ue []byte) error {
	if len(u) < 48 || len(ue) < 32 {
		return ErrEncrypted
	}
	hash := c.hash6
	if c.revision == 5 {
		hash = func(salt []byte) []byte { s := sha256.Sum256(salt); return s[:] }
	}
	if !bytes.Equal(hash(u[32:40]), u[:32]) {
		return ErrEncrypted
	}
	b, err := aes.NewCipher(hash(u[40:48]))
	if err != nil {
		return err
	}
	c.key = make([]byte, 32)
	cipher.NewCBCDecrypter(b, make([]byte, 16)).CryptBlocks(c.key, ue[:32])
	return nil
}

// hash6 is algorithm 2.B of ISO 32000-2 for the empty user password.
func (c *crypt) hash6(salt []byte) []byte {
	first := sha256.Sum256(salt)
	k := first[:]
	for i := 0; ; i++ {
		k1 := bytes.Repeat(k, 64)
		b, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(b, k[16:32]).CryptBlocks(k1, k1)
		mod := 0
		for _, x := range k1[:16] {
			mod += int(x)
		}
		switch mod % 3 {
		case 0:
			s := sha256.Sum256(k1)
			k = s[:]
		case 1:
			s := sha512.Sum384(k1)
			k = s[:]
		default:
			s := sha512.Sum512(k1)
			k = s[:]
		}
		if i >= 63 && int(k1[len(k1)-1]) <= i-31 {
			return k[:32]
		}
	}
}

// stream decrypts the bytes of a stream or string of one object.
func (c *crypt) stream(b []byte, num, gen int) ([]byte, error) {
	if c.none {
		return b, nil
	}
	key := c.key
	if c.revision < 5 {
		k := append(bytes.Clone(c.key), byte(num), byte(num>>8), byte(num>>16), byte(gen), byte(gen>>8))
		if c.aes {
			k = append(k, "sAlT"...)
		}
		s := md5.Sum(k)
		key = s[:min(16, len(c.key)+5)]
	}
	if !c.aes {
		return xorRC4(key, b), nil
	}
	if len(b) < 32 {
		return nil, nil
	}
	a, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	out := make([]byte, (len(b)-16)&^15)
	cipher.NewCBCDecrypter(a, b[:16]).CryptBlocks(out, b[16:16+len(out)])
	if pad := int(out[len(out)-1]); pad >= 1 && pad <= 16 {
		out = out[:len(out)-pad]
	}
	return out, nil
}

// strings decrypts the strings inside an object.
func (c *crypt) strings(v value, num, gen int) value {
	switch v.kind {
	case str:
		v.s, _ = c.stream(v.s, num, gen)
	case array, dict, stream:
		for i := range v.a {
			v.a[i] = c.strings(v.a[i], num, gen)
		}
	}
	return v
}
