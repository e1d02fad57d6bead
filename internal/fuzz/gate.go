// SPDX-License-Identifier: Apache-2.0

package fuzz

import "sync"

// gate lets many talk to the endpoint, or one of whom nobody else is to be taken for. Who
// waits for it waits by a sync.Cond, which a test in virtual time can wait for, as it cannot
// for a sync.RWMutex.
type gate struct {
	mu      sync.Mutex
	changed *sync.Cond
	inside  int  // of many
	wanted  int  // that want to be alone
	alone   bool // somebody is
}

func newGate() *gate {
	g := new(gate)
	g.changed = sync.NewCond(&g.mu)
	return g
}

// RLock waits until nobody is alone, or wants to be.
func (g *gate) RLock() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.alone || g.wanted > 0 {
		g.changed.Wait()
	}
	g.inside++
}

// RUnlock is the end of what RLock began.
func (g *gate) RUnlock() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside--; g.inside == 0 && g.wanted > 0 {
		g.changed.Broadcast()
	}
}

// Lock waits until there is nobody else.
func (g *gate) Lock() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wanted++
	for g.alone || g.inside > 0 {
		g.changed.Wait()
	}
	g.wanted--
	g.alone = true
}

// Unlock is the end of what Lock began.
func (g *gate) Unlock() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.alone = false
	g.changed.Broadcast()
}
