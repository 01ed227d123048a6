#include "config/keys.h"

#include <algorithm>
#include <array>

namespace holdfast::config {
namespace {

using enum Type;

constexpr std::int64_t month = 31 * day_in_ms;
constexpr std::int64_t decade = 3660 * day_in_ms;

constexpr std::array stack_keys = {
    key("name", name, "The stack").needed(),
    key("site", url, "The public URL; probes send its host, the certificate must carry it"),
    key("runtime", path,
        "Directory for sockets and the flag of the door; a change needs a restart of the daemon"),
    key("state", path, "Directory for what outlives a reboot; a change needs a restart of the daemon"),
    key("limits", section, "Limits for all services together").of(group_limit_keys),
};
constexpr Section stack_section = {stack_keys};

constexpr std::array free_keys = {
    key("warn", share, "Tell when less is free").in(0, 100),
    key("stop", share, "Stop what writes when less is free").in(0, 100),
};
constexpr Section free_section = {free_keys};

constexpr std::array volume_keys = {
    key("path", path, "The directory that must be the volume; data live in a subdirectory").needed(),
    key("source", text, "UUID=, LABEL=, /dev/... or HOST:/export"),
    key("type", text, "File system type"),
    key("mounted", boolean, "true: the root of a mount; false: a plain directory"),
    key("marker", text, "A file with a random id, made by `holdfast volume adopt NAME`"),
    key("free", section, "Free space").of(free_section).not_yet(),
    key("inodes", section, "Free inodes").of(free_section).not_yet(),
    key("probe", duration, "Time between write probes; 0s: none").in(0, day_in_ms).not_yet(),
};
constexpr Section volume_section = {volume_keys};

constexpr std::array persistence_keys = {
    key("volumes", section, "Directories that must be the right ones")
        .as(Shape::map)
        .of(volume_section)
        .at_most(100),
};
constexpr Section persistence_section = {persistence_keys};

constexpr std::array when_broken_choices = {Choice{"stop"}, Choice{"hold"}};
constexpr std::array enforce_choices = {Choice{"when-available"}, Choice{"required"}};

constexpr std::array canary_keys = {
    key("url", url, "Where it goes in; default: stack.site"),
    key("secret_file", path, "Its token, mode 0600 or 0640; read by root").needed(),
    key("every", duration, "Time between two of them").in(10 * seconds_in_ms, day_in_ms),
    key("timeout", duration, "Longer is a failure").in(seconds_in_ms, 3600 * seconds_in_ms),
    key("failures", integer, "Failures in a row that count").in(1, 1000),
    key("host", line, "The Host that is sent; else that of stack.site"),
    key("tls", section, "How the certificate is verified").of(tls_keys),
    key("critical", boolean, "The door stays closed until it passes"),
};
constexpr Section canary_section = {canary_keys};

constexpr std::array stability_keys = {
    key("start_within", duration, "Bound on the start of the whole stack").in(1, month),
    key("recover_within", duration, "Bound on the recovery of the whole stack").in(1, month),
    key("stop_within", duration, "Bound on an orderly stop; longer than the longest chain of stop ladders")
        .in(1, decade),
    key("start_at_once", integer, "Services that may be starting at the same time").in(1, 1000),
    key("when_broken", choice, "What is done when the stack cannot be mended").of(when_broken_choices),
    key("restart", section, "How services are restarted").of(restart_keys),
    key("stack_budget", count, "Restarts of the whole stack").in(0, 10'000),
    key("enforce_limits", choice, "Whether limits that the machine cannot enforce are an error")
        .of(enforce_choices),
    key("canary", section, "A probe through the whole stack, as a user would go").of(canary_section),
    key("overload", any, "What gives way first under load").not_yet(),
};
constexpr Section stability_section = {stability_keys};

constexpr std::array certificate_keys = {
    key("file", path, "The chain in PEM").needed(),
    key("key", path, "Its private key"),
    key("served", host_port, "Where it is served"),
    key("names", text, "Names that it must carry").as(Shape::list),
    key("warn", duration, "Tell so long before it expires").in(0, decade),
    key("chain", path, "Certificates that it is verified with"),
};
constexpr Section certificate_section = {certificate_keys};

constexpr std::array security_keys = {
    key("certificates", section, "Certificates that are watched").as(Shape::map).of(certificate_section),
    key("oauth", text, "Login paths that are checked").named(NameRule::name),
};
constexpr Section security_section = {security_keys};

constexpr std::array rotate_keys = {
    key("size", size, "A log file is put aside when it is larger").in(4096, 1LL << 40),
    key("every", duration, "or when such a period is over, in local time: below a day, or whole days")
        .in(60 * seconds_in_ms, decade),
};
constexpr Section rotate_section = {rotate_keys};

constexpr std::array keep_keys = {
    key("for", duration, "A file that was put aside longer ago is removed").in(0, decade),
    key("total", size, "The oldest are removed when the files of all services have more bytes")
        .in(0, 1LL << 60),
    key("files", integer, "The oldest are removed when a service has more").in(1, 1'000'000),
};
constexpr Section keep_section = {keep_keys};

constexpr std::array log_free_keys = {
    key("warn", share, "Tell when less of it is free; 0%: never").in(0, 99),
    key("stop", share, "Remove the oldest files that were put aside when less is free; 0%: never").in(0, 99),
};
constexpr Section log_free_section = {log_free_keys};

constexpr std::array compress_choices = {Choice{"zstd"}, Choice{"gzip"}, Choice{"none"}};
constexpr std::array when_full_choices = {Choice{"drop"}, Choice{"block"}};
constexpr std::array forward_choices = {Choice{"journal"}};

constexpr std::array logging_keys = {
    key("directory", path, "Where the logs are; a change needs a restart of the daemon"),
    key("rotate", section, "When a log file is put aside").of(rotate_section),
    key("keep", section, "What is kept of files that were put aside; each limit applies").of(keep_section),
    key("free", section, "Room on the file system of the logs").of(log_free_section),
    key("compress", choice, "How files that were put aside are compressed").of(compress_choices),
    key("when_full", choice, "drop: lines are counted and told; block: the service waits")
        .of(when_full_choices),
    key("forward", choice, "Where the lines go as well").of(forward_choices),
};
constexpr Section logging_section = {logging_keys};

constexpr std::array alert_keys = {
    key("mail", text, "Address"),
    key("webhook", url, "URL"),
    key("exec", program, "Program"),
};
constexpr Section alert_section = {alert_keys};

constexpr std::array monitoring_keys = {
    key("listen", address, "Metrics and status page"),
    key("alerts", section, "Who is told; one of mail, webhook, exec each").as(Shape::list).of(alert_section),
};
constexpr Section monitoring_section = {monitoring_keys};

constexpr std::array file_keys = {
    key("stack", section, "What it is").of(stack_section).needed(),
    key("persistence", section, "Where data live").of(persistence_section),
    key("stability", section, "How it is started, mended and stopped").of(stability_section),
    key("security", section, "Certificates and logins").of(security_section).not_yet(),
    key("logging", section, "What becomes of the output").of(logging_section),
    key("monitoring", section, "Who looks and who is told").of(monitoring_section).not_yet(),
    key("services", section, "The services by their names")
        .as(Shape::map)
        .of(service_keys)
        .at_most(most_services),
};

constexpr std::array parameter_keys = {
    key("about", text, "What it means").needed(),
    key("default", word, "Without one it is required").may_be_empty(),
};
constexpr Section parameter_section = {parameter_keys};

constexpr std::array preset_keys = {
    key("about", text, "What it is for").needed(),
    key("parameters", section, "What `with` may set").named(NameRule::parameter).of(parameter_section),
    key("service", any, "Any key of a service but preset and with").needed(),
};

} // namespace

const Section stack_file = {file_keys};
const Section preset_file = {preset_keys};

const Key* Section::find(std::string_view name) const {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

} // namespace holdfast::config
