/** `discovery.etcd` */
import { z } from 'zod';
import { clientTls, serverUrl } from './discovery-parts.ts';

export const etcdSettings = z.strictObject({
  endpoints: z
    .array(serverUrl('http://127.0.0.1:2379'))
    .min(1, { error: 'expected at least one endpoint' })
    .refine((all) => new Set(all.map((one) => new URL(one).protocol)).size <= 1, {
      error: 'either all endpoints are http:// or all are https://',
    })
    .prefault(['http://127.0.0.1:2379'])
    .describe('Members of the cluster; all `http://` or all `https://`.'),
  prefix: z
    .union([z.string().transform((one) => [one]), z.array(z.string()).min(1)], {
      error: 'expected a text or a list of texts',
    })
    .prefault(['farp', '', '/forge'])
    .describe('Services are looked for below `PREFIX/services/`: one prefix, or several.'),
  username: z.string().optional().describe('User, where the cluster asks for one.'),
  password: z.string().optional().describe('Password of the user.'),
  tls: clientTls.prefault({}).describe('TLS towards `https://` endpoints.'),
});
