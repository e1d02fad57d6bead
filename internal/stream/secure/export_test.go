// SPDX-License-Identifier: Apache-2.0

package secure

// ParseHello reads the body of a ClientHello.
func ParseHello(body []byte) (name string, err error) {
	h, err := parseHello(body)
	if err != nil {
		return "", err
	}
	return h.name, nil
}
