import { egressContract } from "../contract/egress.ts";
import { harness } from "./harness.ts";

egressContract(harness);
