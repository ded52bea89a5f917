/** `routes[].redirect`: the placeholders, and what a client cannot make of them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { once } from '../support/raw-client.ts';
import { valuesOf } from '../support/wire.ts';

let gateway: Gateway;

before(async () => {
  const redirect = (path: string, location: string, status?: number) => ({
    path,
    redirect: { location, ...(status === undefined ? {} : { status }) },
  });
  gateway = await startGateway(
    {
      server: { path_policy: { double_slash: 'keep', backslash: 'keep' } },
      routes: [
        redirect('/plain', 'https://new.example/x?y=1#z'),
        redirect('/moved', '/new', 308),
        redirect('/rest/{rest*}', '/{rest}'),
        redirect('/id/{id}', '/user/{id}/profile'),
        redirect('/two/{a}/{b*}', '/{b}/{a}?{query}'),
        redirect('/login/{page*}', '/sign-in?next={path}&page={page}'),
        redirect('/tenant/{name}', 'https://{name}.example.com/home'),
        redirect('/path/*', 'https://new.example{path}'),
        redirect('/secure/*', 'https://{host}{path}?{query}'),
        redirect('/own/{path*}', '/x/{path}'),
        { ...redirect('/*', '{path}/'), priority: -1 },
      ],
    },
    { workers: 1 },
  );
});

after(() => gateway.stop());

async function locationOf(target: string, host = 'gw.example:8080'): Promise<string | undefined> {
  const response = await once(gateway.port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return response.status >= 300 && response.status < 400
    ? valuesOf(response.fields, 'location')[0]
    : `status ${response.status}`;
}

function leadTo(cases: readonly (readonly [target: string, location: string])[]): void {
  for (const [target, location] of cases) {
    it(`${target} -> ${location}`, async () => assert.equal(await locationOf(target), location));
  }
}

describe('what a redirect is for', () => {
  leadTo([
    ['/plain', 'https://new.example/x?y=1#z'],
    ['/moved', '/new'],
    ['/rest/a/b.html', '/a/b.html'],
    ['/id/7', '/user/7/profile'],
    ['/two/1/x/y?q=%20', '/x/y/1?q=%20'],
    ['/two/1/x', '/x/1?'],
    ['/login/a/b', '/sign-in?next=%2Flogin%2Fa%2Fb&page=a%2Fb'],
    ['/tenant/acme', 'https://acme.example.com/home'],
    ['/path/a/b', 'https://new.example/path/a/b'],
    ['/secure/a?b=c', 'https://gw.example/secure/a?b=c'],
    ['/own/a', '/x/a'],
    ['/any', '/any/'],
  ]);

  it('{host} of an IPv6 address keeps its brackets', async () => {
    assert.equal(await locationOf('/secure/a', '[::1]:8080'), 'https://[::1]/secure/a?');
  });

  it('the status is the one of the route, else 302', async () => {
    const statusOf = async (target: string) =>
      (await once(gateway.port, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)).status;
    assert.deepEqual([await statusOf('/moved'), await statusOf('/plain')], [308, 302]);
  });
});

describe('what a client captures stays in its part of the URL', () => {
  leadTo([
    // No host out of a path.
    ['/rest/%2Fevil.example', '/%2Fevil.example'],
    ['/rest//evil.example', '/evil.example'],
    ['/rest/\\evil.example', '/%5Cevil.example'],
    ['/rest/%5Cevil.example', '/%5Cevil.example'],
    ['//evil.example', '/evil.example/'],
    ['/\\evil.example', '/%5Cevil.example/'],
    // No query and no fragment out of a path.
    ['/id/a%3Fb%23c', '/user/a%3Fb%23c/profile'],
    ['/id/a%2Fb', '/user/a%2Fb/profile'],
    ['/id/%0d%0aSet-Cookie:x', 'status 400'],
    // No second parameter out of a value.
    ['/login/a&admin=1', '/sign-in?next=%2Flogin%2Fa%26admin%3D1&page=a%26admin%3D1'],
    ['/login/a%26b', '/sign-in?next=%2Flogin%2Fa%2526b&page=a%26b'],
    // No user, port or other host out of a label.
    ['/tenant/a:80@evil', 'https://a%3A80%40evil.example.com/home'],
    ['/tenant/evil.example%2F', 'https://evil.example%2F.example.com/home'],
    // Nothing is encoded twice.
    ['/path/a%20b%2Fc', 'https://new.example/path/a%20b%2Fc'],
    ['/id/%ff', '/user/%FF/profile'],
    ['/id/%7e%41', '/user/~A/profile'],
    ['/id/%C3%A9', '/user/%C3%A9/profile'],
    ['/id/100%25', '/user/100%25/profile'],
  ]);
});
