// The specs of the rules put their code in the place of this.
export {};
