/** A member of the list of connections that a sweep walks; intrusive, so that joining and leaving cost nothing. */
export interface Listed {
  previous: Listed | null;
  next: Listed | null;
  /** Coarse-clock time at which `onDeadline` is due; 0 means never. */
  deadline: number;
  onDeadline(now: number): void;
}

/** A client's connection, whatever it speaks. */
export interface ClientConnection extends Listed {
  /** Finishes what is in flight, then closes (rule C19). @param until what is left will be cut then */
  drain(until: number): void;
  /** Closes at once. */
  destroy(): void;
  /** See `Engine.abandon`. */
  abandon?(): void;
}

export class ConnectionList {
  #first: Listed | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(member: Listed): void {
    member.previous = null;
    member.next = this.#first;
    if (this.#first !== null) this.#first.previous = member;
    this.#first = member;
    this.#size++;
  }

  remove(member: Listed): void {
    if (member.previous === null) {
      if (this.#first !== member) return;
      this.#first = member.next;
    } else {
      member.previous.next = member.next;
    }
    if (member.next !== null) member.next.previous = member.previous;
    member.previous = null;
    member.next = null;
    this.#size--;
  }

  /** @param missed what arrived in so many milliseconds is still to be read, so that they count for nobody's deadline */
  sweep(now: number, missed: number): void {
    let member = this.#first;
    while (member !== null) {
      const next: Listed | null = member.next;
      if (member.deadline !== 0) {
        member.deadline += missed;
        if (now >= member.deadline) member.onDeadline(now);
      }
      member = next;
    }
  }

  /** Calls `visit` for every member; the member may leave the list meanwhile. */
  each(visit: (member: Listed) => void): void {
    let member = this.#first;
    while (member !== null) {
      const next: Listed | null = member.next;
      visit(member);
      member = next;
    }
  }
}
