import assert from 'node:assert/strict';
import { BlockList, isIP, SocketAddress } from 'node:net';
import { describe, it } from 'node:test';
import { IpSet, maskWords, parseIp } from './ip.js';
function words(text) {
    const out = new Uint32Array(4);
    const family = parseIp(text, out);
    return family === 0 ? 'none' : `${family} ${[...out].map((word) => word.toString(16)).join(':')}`;
}
describe('parseIp', () => {
    it('reads IPv4', () => {
        assert.equal(words('255.1.2.3'), '4 0:0:ffff:ff010203');
        assert.equal(words('0.0.0.0'), '4 0:0:ffff:0');
    });
    it('refuses what is no IPv4 address or may be read as octal', () => {
        for (const text of [
            '',
            '1.2.3',
            '1.2.3.4.5',
            '256.1.1.1',
            '01.2.3.4',
            '1.2.3.',
            '.1.2.3',
            '1..2.3',
            '1.2.3.4 ',
            'a.b.c.d',
        ]) {
            assert.equal(words(text), 'none', text);
        }
    });
    it('reads every spelling of IPv6', () => {
        assert.equal(words('::'), '6 0:0:0:0');
        assert.equal(words('::1'), '6 0:0:0:1');
        assert.equal(words('1::'), '6 10000:0:0:0');
        assert.equal(words('2001:DB8::8:800:200c:417a'), '6 20010db8:0:80800:200c417a');
        assert.equal(words('1:2:3:4:5:6:7:8'), '6 10002:30004:50006:70008');
        assert.equal(words('64:ff9b::192.0.2.1'), '6 64ff9b:0:0:c0000201');
        assert.equal(words('fe80::1%eth0'), '6 fe800000:0:0:1');
    });
    it('takes an IPv4-mapped address for the IPv4 address', () => {
        assert.equal(words('::ffff:1.2.3.4'), words('1.2.3.4'));
        assert.equal(words('::ffff:102:304'), words('1.2.3.4'));
    });
    it('refuses malformed IPv6', () => {
        for (const text of [
            ':',
            ':1',
            '1:',
            '1::2::3',
            '1:2:3:4:5:6:7',
            '1:2:3:4:5:6:7:8:9',
            '12345::',
            '::g',
            '1:2:3:4:5:6:7::8:9',
            '::1.2.3',
            ':::',
        ]) {
            assert.equal(words(text), 'none', text);
        }
    });
    it('agrees with node:net on random text', () => {
        const alphabet = '0123456789abcdef::::....';
        let seed = 7;
        const random = (n) => {
            seed = (seed * 1103515245 + 12345) & 0x7fffffff;
            return (seed >>> 8) % n;
        };
        let addresses = 0;
        for (let i = 0; i < 200_000; i++) {
            let text = '';
            const length = 2 + random(12);
            for (let k = 0; k < length; k++)
                text += alphabet[random(alphabet.length)];
            if (isIP(text) !== 0)
                addresses++;
            assert.equal(words(text) !== 'none', isIP(text) !== 0, text);
        }
        assert.ok(addresses > 100, `only ${addresses} of the texts were addresses`);
    });
});
describe('maskWords', () => {
    it('clears the bits behind the prefix', () => {
        const out = new Uint32Array(4);
        parseIp('2001:db8:1:2:3:4:5:6', out);
        maskWords(out, 64);
        assert.deepEqual([...out], [0x20010db8, 0x00010002, 0, 0]);
        maskWords(out, 33);
        assert.deepEqual([...out], [0x20010db8, 0, 0, 0]);
    });
});
describe('IpSet', () => {
    it('holds its blocks and nothing beside', () => {
        const set = new IpSet(['10.0.0.0/8', '192.168.1.7', 'fd00::/8', '2001:db8::1']);
        for (const inside of [
            '10.0.0.0',
            '10.255.255.255',
            '192.168.1.7',
            '::ffff:10.1.2.3',
            'fdff::1',
            '2001:db8::1',
        ]) {
            assert.ok(set.has(inside), inside);
        }
        for (const outside of [
            '9.255.255.255',
            '11.0.0.0',
            '192.168.1.8',
            'fc00::',
            '2001:db8::2',
            '',
            'nonsense',
        ]) {
            assert.ok(!set.has(outside), outside);
        }
    });
    it('keeps families apart in the all-embracing blocks', () => {
        assert.ok(new IpSet(['0.0.0.0/0']).has('203.0.113.9'));
        assert.ok(!new IpSet(['0.0.0.0/0']).has('2001:db8::1'));
    });
    it('merges overlapping and nested blocks', () => {
        const set = new IpSet(['10.0.0.0/8', '10.1.0.0/16', '10.0.0.0/8', '10.200.0.0/13']);
        assert.equal(set.size, 1);
        assert.ok(set.has('10.1.2.3') && set.has('10.255.0.1'));
    });
    it('reads a mapped block by its IPv6 length', () => {
        const set = new IpSet(['::ffff:10.0.0.0/104']);
        assert.ok(set.has('10.9.9.9'));
        assert.ok(!set.has('11.0.0.0'));
    });
    it('refuses bad entries by name', () => {
        for (const bad of [
            '10.0.0.0/33',
            'fd00::/129',
            '10.0.0/8',
            'x',
            '10.0.0.0/',
            '10.0.0.0/-1',
            'fe80::1%eth0',
        ]) {
            assert.throws(() => new IpSet([bad]), new RegExp(bad.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')));
        }
    });
    it('agrees with node:net over many blocks', () => {
        const blocks = Array.from({ length: 500 }, (_, i) => `${(i * 37) % 256}.${(i * 101) % 256}.0.0/${9 + (i % 16)}`);
        const list = new BlockList();
        for (const block of blocks) {
            const [address = '', prefix = ''] = block.split('/');
            list.addSubnet(address, Number(prefix));
        }
        const set = new IpSet(blocks);
        for (let i = 0; i < 5_000; i++) {
            const address = `${(i * 7) % 256}.${(i * 13) % 256}.${(i * 29) % 256}.${i % 256}`;
            assert.equal(set.has(address), list.check(new SocketAddress({ address })), address);
        }
    });
});
//# sourceMappingURL=ip.test.js.map