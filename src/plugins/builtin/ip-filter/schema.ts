import { z } from 'zod';
import { IpSet } from '../../../shared/ip.ts';

const block = () =>
  z
    .string()
    .refine(isBlock, { error: 'expected an address or block such as 10.0.0.0/8 or fd00::/8' })
    .meta({ notation: 'address or block' });

function isBlock(text: string): boolean {
  try {
    new IpSet([text]);
    return true;
  } catch {
    return false;
  }
}

export const ipFilterSchema = z
  .strictObject({
    allow: z
      .array(block())
      .default([])
      .describe('Addresses and CIDR blocks that may pass. Empty: all that are not denied.'),
    deny: z
      .array(block())
      .default([])
      .describe('Addresses and CIDR blocks that are refused, even if `allow` holds them.'),
  })
  .refine((config) => config.allow.length + config.deny.length > 0, {
    error: 'expected at least one entry in allow or deny',
  });

export type IpFilterConfig = z.output<typeof ipFilterSchema>;
