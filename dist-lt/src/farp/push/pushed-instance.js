export function isPushed(instance) {
    return 'revision' in instance;
}
//# sourceMappingURL=pushed-instance.js.map