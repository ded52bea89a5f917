/** What routes say in the words of gRPC: services and methods instead of paths. */
import { z } from 'zod';
import { text } from './scalars.ts';

export const grpcMatchSchema = z
  .strictObject({
    service: text('the full name of a gRPC service such as orders.v1.Orders', (value) =>
      /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(value),
    )
      .optional()
      .describe('Full name of the service with its package. Without it: the method in every service.'),
    method: text('the name of a gRPC method such as Watch', (value) => /^[A-Za-z_]\w*$/.test(value))
      .optional()
      .describe('Without it: every method of the service.'),
  })
  .refine(({ service, method }) => service !== undefined || method !== undefined, {
    error: 'expected a service, a method or both',
  });
