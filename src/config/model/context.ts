/** What every builder needs beside its own item. */
import type { Problems } from '../problems.ts';
import type { RoutingConfig } from '../schema/schema.ts';
import { type ConfigNode, type Place, placeOf, placeOfKey, type TreePath } from '../tree.ts';

export class BuildContext {
  readonly root: ConfigNode;
  readonly problems: Problems;
  readonly routing: RoutingConfig;

  constructor(root: ConfigNode, problems: Problems, routing: RoutingConfig) {
    this.root = root;
    this.problems = problems;
    this.routing = routing;
  }

  /** At the value. */
  error(path: TreePath, message: string): void {
    this.problems.error(placeOf(this.root, path), message);
  }

  /** At the key. */
  keyError(path: TreePath, message: string): void {
    this.problems.error(placeOfKey(this.root, path), message);
  }

  warning(path: TreePath, message: string): void {
    this.problems.warning(placeOf(this.root, path), message);
  }

  place(path: TreePath): Place {
    return placeOf(this.root, path);
  }
}
