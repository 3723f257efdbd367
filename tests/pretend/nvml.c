/* NVML as pynvml calls it: two GPUs, the second of which is hot, with the faults that the environment asks for.
   NVML_INIT: the status of the start; NVML_HANG: the seconds that it takes; NVML_COUNT: the status of the count;
   NVML_LOST: the index of a GPU that does not answer, and NVML_STATUS: how; NVML_PARTS: the index of a GPU that is
   divided into two parts; NVML_ENERGY: what the first has used, in mJ. A handle is its GPU's index + 1, of a part 10
   more for each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef long handle;
enum { NOT_SUPPORTED = 3, NOT_FOUND = 6, LOST = 15 };

static int asked(const char *name, int otherwise) {
    return getenv(name) ? atoi(getenv(name)) : otherwise;
}
static int status(handle gpu) {
    return gpu % 10 - 1 == asked("NVML_LOST", -1) ? asked("NVML_STATUS", LOST) : 0;
}
int nvmlInitWithFlags(unsigned flags) { sleep(asked("NVML_HANG", 0)); return asked("NVML_INIT", 0); }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return asked("NVML_COUNT", 0); }
int nvmlSystemGetDriverVersion(char *text, unsigned length) { strncpy(text, "580.1", length); return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, handle *gpu) { *gpu = index + 1; return status(*gpu); }
int nvmlDeviceGetUUID(handle gpu, char *text, unsigned length) {
    if (gpu > 10) snprintf(text, length, "MIG-%ldabc-%ld", gpu % 10 - 1, gpu / 10 - 1);
    else snprintf(text, length, "GPU-%ldabc", gpu - 1);
    return 0;
}
int nvmlDeviceGetName(handle gpu, char *text, unsigned length) {
    strncpy(text, gpu == 1 ? "NVIDIA T400" : "NVIDIA H100", length);
    return 0;
}
int nvmlDeviceGetMemoryInfo(handle gpu, unsigned long long *memory) { memory[0] = 8ULL << 30; return 0; }
int nvmlDeviceGetMigMode(handle gpu, unsigned *now, unsigned *pending) {
    *now = *pending = gpu - 1 == asked("NVML_PARTS", -1);
    return 0;
}
int nvmlDeviceGetMaxMigDeviceCount(handle gpu, unsigned *count) { *count = 7; return 0; }
int nvmlDeviceGetMigDeviceHandleByIndex(handle gpu, unsigned index, handle *part) {
    *part = gpu + 10 * (index + 1);
    return index < 2 ? 0 : NOT_FOUND;
}
int nvmlDeviceGetMaxClockInfo(handle gpu, int kind, unsigned *mhz) { *mhz = 1980; return 0; }
int nvmlDeviceGetClockInfo(handle gpu, int kind, unsigned *mhz) { *mhz = gpu == 1 ? 1980 : 1200; return status(gpu); }
int nvmlDeviceGetCurrentClocksEventReasons(handle gpu, unsigned long long *reasons) {
    *reasons = gpu == 1 ? 0 : 0x44;
    return status(gpu);
}
int nvmlDeviceGetUtilizationRates(handle gpu, unsigned *percent) { return NOT_SUPPORTED; }
int nvmlDeviceGetTotalEnergyConsumption(handle gpu, unsigned long long *millijoules) {
    *millijoules = asked("NVML_ENERGY", 0);
    return gpu == 1 ? 0 : NOT_SUPPORTED;
}
