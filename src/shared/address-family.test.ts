import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { describe, it } from 'node:test';
import { oneFamily } from './address-family.ts';

function interfacesOf(...families: ('IPv4' | 'IPv6')[]): Record<string, NetworkInterfaceInfo[]> {
  const entry = (family: string, internal: boolean) => ({ family, internal }) as NetworkInterfaceInfo;
  return {
    lo: [entry('IPv4', true), entry('IPv6', true)],
    eth0: families.map((family) => entry(family, false)),
  };
}

describe('choosing the address family', () => {
  const both = ['2001:db8::1', '10.0.0.1', '10.0.0.2'];

  it('IPv4 of a dual-stack name', () => {
    assert.deepEqual(oneFamily(both, interfacesOf('IPv4', 'IPv6')), ['10.0.0.1', '10.0.0.2']);
    assert.deepEqual(oneFamily(both, interfacesOf('IPv4')), ['10.0.0.1', '10.0.0.2']);
    assert.deepEqual(oneFamily(both, interfacesOf()), ['10.0.0.1', '10.0.0.2'], 'loopback only');
  });

  it('IPv6 on a machine that has nothing else', () => {
    assert.deepEqual(oneFamily(both, interfacesOf('IPv6')), ['2001:db8::1']);
  });

  it('what there is of a name with one family', () => {
    assert.deepEqual(oneFamily(['10.0.0.1'], interfacesOf('IPv6')), ['10.0.0.1']);
    assert.deepEqual(oneFamily(['2001:db8::1'], interfacesOf('IPv4')), ['2001:db8::1']);
  });
});
