export class ConnectionList {
    #first = null;
    #size = 0;
    get size() {
        return this.#size;
    }
    add(member) {
        member.previous = null;
        member.next = this.#first;
        if (this.#first !== null)
            this.#first.previous = member;
        this.#first = member;
        this.#size++;
    }
    remove(member) {
        if (member.previous === null) {
            if (this.#first !== member)
                return;
            this.#first = member.next;
        }
        else {
            member.previous.next = member.next;
        }
        if (member.next !== null)
            member.next.previous = member.previous;
        member.previous = null;
        member.next = null;
        this.#size--;
    }
    sweep(now) {
        let member = this.#first;
        while (member !== null) {
            const next = member.next;
            if (member.deadline !== 0 && now >= member.deadline)
                member.onDeadline(now);
            member = next;
        }
    }
    /** Calls `visit` for every member; the member may leave the list meanwhile. */
    each(visit) {
        let member = this.#first;
        while (member !== null) {
            const next = member.next;
            visit(member);
            member = next;
        }
    }
}
//# sourceMappingURL=connection-list.js.map