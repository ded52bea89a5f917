/** `discovery.kubernetes` */
import { z } from 'zod';
import { filePath } from './discovery-parts.ts';
import { text } from './scalars.ts';

const namespace = () =>
  text('the name of a namespace', (value) => /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(value));

export const kubernetesSettings = z.strictObject({
  namespace: namespace().prefault('default').describe('Namespace that is watched.'),
  namespaces: z
    .array(
      z.union([z.literal('*'), namespace()], { error: 'expected the name of a namespace, or "*" for all' }),
    )
    .min(1, { error: 'expected at least one namespace' })
    .optional()
    .describe(
      'Several, instead of `namespace`; `*` is all of them. Services are then called `NAME.NAMESPACE`.',
    ),
  label_selector: z.string().prefault('').describe('Only services with these labels.'),
  kubeconfig: filePath()
    .optional()
    .describe(
      'How to reach the cluster. Default: the service account of the pod; outside of a cluster `$KUBECONFIG` or `~/.kube/config`.',
    ),
  context: z.string().optional().describe('Context of the kubeconfig. Default: its current one.'),
});
