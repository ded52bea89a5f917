/** What the settings of several discovery backends have in common. */
import { z } from 'zod';
import { text } from './scalars.ts';

export const filePath = () => text('the path of a file', (value) => value.trim() !== '');

export const serviceName = () => text('a name', (value) => value.trim() !== '');

/** `http` or `https`, without path. */
export const serverUrl = (example: string) =>
  text(
    `a URL such as ${example}`,
    (value) => /^https?:\/\/[^\s/?#@]+\/?$/i.test(value) && URL.canParse(value),
    (value) => value.replace(/\/$/, ''),
  );

export const metadata = () =>
  z
    .record(z.string(), z.string({ error: 'expected text (quote numbers and true or false)' }))
    .prefault({})
    .describe('What the instances are to say of themselves, such as `farp.enabled: "true"`.');

export const clientTls = z
  .strictObject({
    ca: filePath()
      .optional()
      .describe('Only certificates of these authorities are trusted, PEM. Default: those of the system.'),
    cert: filePath().optional().describe('Client certificate, PEM.'),
    key: filePath().optional().describe('Its private key, PEM, without password.'),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    error: 'cert and key belong together: one of them is missing',
  });
