// SPDX-License-Identifier: Apache-2.0

package corpus

import (
	"encoding/binary"
	"fmt"
)

// picture appends width × height grey pixels: hills of light and shade as high
// as relief, and on them a grain, which is made of 64 random bits.
func picture(b []byte, s source, width, height, relief int, grain func(uint64) int) []byte {
	for y := range height {
		for x := range width {
			light := wave(3*x+y) + wave(2*y-x) + wave((x*x+y*y)/256)
			v := 128 + light*relief/384 + grain(s.pcg.Uint64())
			b = append(b, byte(max(0, min(v, 255))))
		}
	}
	return b
}

// film is a grain like that of a film: nearly a normal distribution.
func film(u uint64) int {
	return (octet(u, 0) + octet(u, 1) + octet(u, 2) - 3*255/2) * 46 / 256
}

// scan is the grain of a bad scanner: mostly little, but any value may occur.
// Such pixels compress badly in small messages, which then need a long code.
func scan(u uint64) int {
	v := octet(u, 0) - octet(u, 1)
	for i := 2; i < 5; i++ {
		v = v * octet(u, i) / 128
	}
	return v * 88 / 256
}

func octet(u uint64, i int) int { return int(u >> (8 * i) & 0xff) }

// wave is a parabola's idea of a sine: period 1024, values from -128 to 128.
func wave(x int) int {
	x &= 1023
	half := x & 511
	v := half * (512 - half) / 512
	if x >= 512 {
		return -v
	}
	return v
}

// generateBitmap makes a picture of 512 × 512 pixels in the BMP format.
func generateBitmap() []byte {
	const (
		width, height = 512, 512
		header        = 14 + 40
		palette       = 256 * 4
		size          = header + palette + width*height
	)
	le := binary.LittleEndian
	b := make([]byte, 0, size)
	b = append(b, "BM"...)
	b = le.AppendUint32(b, size)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, header+palette)
	b = le.AppendUint32(b, 40)
	b = le.AppendUint32(b, width)
	b = le.AppendUint32(b, height)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint16(b, 8)
	for _, v := range []uint32{0, width * height, 2835, 2835, 256, 0} {
		b = le.AppendUint32(b, v)
	}
	for i := range 256 {
		b = append(b, byte(i), byte(i), byte(i), 0)
	}
	return picture(b, newSource(2), width, height, 55, film)
}

// generatePDF makes a document of scanned pages, with the pixels as they are: a
// compressor built into Go would not write the same octets for ever.
func generatePDF() []byte {
	const (
		pages         = 6
		width, height = 360, 480
	)
	s := newSource(5)
	var offsets []int
	b := []byte("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	object := func(format string, args ...any) {
		offsets = append(offsets, len(b))
		b = fmt.Appendf(b, "%d 0 obj\n", len(offsets))
		b = fmt.Appendf(b, format, args...)
	}
	end := func() { b = append(b, "endobj\n"...) }

	object("<< /Type /Catalog /Pages 2 0 R >>\n")
	end()
	object("<< /Type /Pages /Count %d /Kids [", pages)
	for i := range pages {
		b = fmt.Appendf(b, " %d 0 R", 3+3*i)
	}
	b = append(b, " ] >>\n"...)
	end()
	for i := range pages {
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R /Resources << /XObject << /Scan %d 0 R >> >> >>\n",
			width, height, 4+3*i, 5+3*i)
		end()
		content := fmt.Sprintf("q %d 0 0 %d 0 0 cm /Scan Do Q\n", width, height)
		object("<< /Length %d >>\nstream\n%sendstream\n", len(content), content)
		end()
		object("<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 /Length %d >>\nstream\n",
			width, height, width*height)
		b = picture(b, s, width, height, 3, scan)
		b = append(b, "\nendstream\n"...)
		end()
	}
	return appendCrossReference(b, offsets)
}

// appendCrossReference ends a PDF file whose objects, from number 1, start at the
// offsets.
func appendCrossReference(b []byte, offsets []int) []byte {
	at := len(b)
	b = fmt.Appendf(b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, offset := range offsets {
		b = fmt.Appendf(b, "%010d 00000 n \n", offset)
	}
	return fmt.Appendf(b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, at)
}
