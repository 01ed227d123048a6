#include "linux/log_capture.h"

#include "base/clock.h"
#include "linux/journal_forward.h"
#include "linux/log_ledger.h"
#include "linux/log_plumbing.h"
#include "linux/log_sink.h"
#include "linux/log_timer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <variant>
#include <vector>

namespace holdfast::linux_os {
namespace {

/// What the end may take, however much is still being written.
constexpr Duration most_at_the_end = std::chrono::seconds(1);
/// How long dropped lines may stay untold where nothing more is written.
constexpr std::chrono::milliseconds between_tries{10000};
/// How long those that wait for room may lie there when there is some. Nothing else wakes us up by the clock.
constexpr std::chrono::milliseconds between_tries_of_waiting{1000};
/// The numbers of the eventfd and of the timer among the sources, which count from 1.
constexpr std::uint64_t wake_number = 0;
constexpr std::uint64_t timer_number = ~std::uint64_t{0};

struct Source {
  LogSink* sink = nullptr;
  LogPipeId id;
  bool timestamps = true;
  Fd read;
  std::optional<std::size_t> left; ///< after finish: what is still to be moved
};

struct Added {
  std::uint64_t number = 0;
  Source source;
};

struct Finished {
  std::uint64_t number = 0;
};

using Command = std::variant<Added, Finished, LogRules>;

Result<LogPipeId> identify(std::uint64_t id, int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error("log pipe", errno);
  if (!S_ISFIFO(info.st_mode)) return Error{"log pipe: not a pipe", EINVAL};
  return LogPipeId{.id = id, .inode = info.st_ino};
}

Status watch(int epoll, int fd, std::uint64_t number) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = number;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) return system_error("epoll_ctl", errno);
  return Done{};
}

/// All that belongs to the capture thread alone.
class Mover {
public:
  using Closed = std::function<void(std::uint64_t)>;

  Mover(int epoll, LogPlumbing plumbing, Closed closed)
      : epoll_(epoll), plumbing_(std::move(plumbing)), closed_(std::move(closed)) {}

  void carry_out(Added added) {
    if (std::find(sinks_.begin(), sinks_.end(), added.source.sink) == sinks_.end())
      sinks_.push_back(added.source.sink);
    sources_.emplace(added.number, std::move(added.source));
  }
  void carry_out(const Finished& finished) {
    const auto found = sources_.find(finished.number);
    if (found == sources_.end()) return;
    found->second.left = bytes_waiting_in(found->second.read.get());
    if (found->second.left == 0U) close(found);
  }
  void carry_out(const LogRules& rules) {
    for (LogSink* sink : sinks_)
      sink->reopen(rules);
    listen_to_waiting();
  }

  /// One turn of one source. What is not moved has its turn after the others.
  void serve(std::uint64_t number) {
    const auto found = sources_.find(number);
    if (found == sources_.end()) return;
    switch (turn(found->second)) {
    case After::more: return;
    case After::done: close(found); return;
    case After::waits:
      // It would wake us all the time.
      ::epoll_ctl(epoll_, EPOLL_CTL_DEL, found->second.read.get(), nullptr);
      waiting_.push_back(number);
      return;
    }
  }

  /// What cannot be written may wait no longer than until now.
  void end() {
    ending_ = true;
    listen_to_waiting();
  }

  [[nodiscard]] bool has_waiting() const { return !waiting_.empty(); }
  /// Each is tried again.
  void listen_to_waiting() {
    for (const std::uint64_t number : std::exchange(waiting_, {})) {
      const auto found = sources_.find(number);
      if (found != sources_.end() && !watch(epoll_, found->second.read.get(), number))
        waiting_.push_back(number);
    }
  }

  [[nodiscard]] bool has_untold() const {
    return std::any_of(sinks_.begin(), sinks_.end(), [](const LogSink* sink) { return sink->has_untold(); });
  }

  void tell_dropped() {
    for (LogSink* sink : sinks_)
      sink->tell(read_wall());
  }

  /// A period is over: each file is looked at, one a turn of the loop, for the sync of one is waited for by
  /// all.
  void look_at_files() { looked_at_ = 0; }
  [[nodiscard]] bool is_looking() const { return looked_at_ < sinks_.size(); }
  void look_at_next() {
    if (is_looking()) sinks_[looked_at_++]->rotate_where_due(read_wall(), read_mono());
  }

private:
  using Sources = std::map<std::uint64_t, Source>;

  enum class After { more, waits, done };

  After turn(Source& source) {
    const auto moved = move(source);
    if (const auto* const after = std::get_if<After>(&moved)) return *after;
    const std::size_t bytes = std::get<std::size_t>(moved);
    if (bytes == 0) return source.left ? After::done : After::more;
    if (source.left) *source.left -= bytes;
    return source.left == 0U ? After::done : After::more;
  }

  /// How many bytes of the pipe are done with, or why none will be.
  std::variant<std::size_t, After> move(Source& source) {
    constexpr std::size_t most_bytes_as_they_are = 256U << 10U;
    const LogTurn turn{.source = source.id,
                       .pipe = source.read.get(),
                       .timestamps = source.timestamps,
                       .is_last = ending_ && source.left,
                       .wall = read_wall(),
                       .mono = read_mono()};
    if (const std::size_t owed = source.sink->take_owed(turn); owed > 0) return owed;
    const std::size_t most = source.left.value_or(most_bytes_as_they_are);
    if (!source.timestamps)
      if (const std::size_t moved = source.sink->move(turn, std::min(most, most_bytes_as_they_are));
          moved > 0)
        return moved;
    const auto raw = plumbing_.peek(turn.pipe, most);
    if (!raw) return After::done;
    if (raw->empty()) return std::size_t{0};
    const auto written = source.sink->write(turn, *raw);
    if (!written) return After::waits;
    return *written;
  }

  void close(Sources::iterator source) {
    // By hand: closing does not end the watch while somebody else has a copy of the descriptor.
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, source->second.read.get(), nullptr);
    const LogPipeId id = source->second.id;
    source->second.sink->ended(id, read_mono());
    sources_.erase(source);
    if (closed_) closed_(id.id);
  }

  const int epoll_;
  LogPlumbing plumbing_;
  const Closed closed_;
  Sources sources_;
  std::vector<std::uint64_t> waiting_; ///< of the sources, for room; nobody listens to them
  bool ending_ = false;
  std::vector<LogSink*> sinks_;               ///< that ever had a source
  std::size_t looked_at_ = sinks_.max_size(); ///< of them, since a period was over
};

} // namespace

struct LogCapture::Shared {
  explicit Shared(Options given) : options(std::move(given)), rules(options.rules) {}

  /// Starts the thread, or says why nothing can be captured at all.
  Status start() {
    if (!epoll.valid() || !wake.valid() || !timer.valid()) return Error{"epoll: cannot be set up", EMFILE};
    auto opened = LogLedger::open(std::move(options.hold), options.directory_fd);
    if (!opened) return opened.error();
    ledger.emplace(std::move(opened).value());
    auto plumbing = LogPlumbing::make(ledger->receipt_size());
    if (!plumbing) return plumbing.error();
    if (auto watched = watch(epoll.get(), wake.get(), wake_number); !watched) return watched;
    if (auto watched = watch(epoll.get(), timer.fd(), timer_number); !watched) return watched;
    timer.set(rules.rotation.every);
    thread = std::thread([this, mover = Mover(epoll.get(), std::move(plumbing).value(),
                                              std::move(options.closed))]() mutable { work(mover); });
    return Done{};
  }

  void wake_up() const {
    const std::uint64_t one = 1;
    // The only possible failure is a counter that is full, and then the thread is awake.
    if (::write(wake.get(), &one, sizeof one) < 0) return;
  }

  void clear_wake() const {
    std::uint64_t count = 0;
    // The only possible failure is that nothing is there to be cleared.
    if (::read(wake.get(), &count, sizeof count) < 0) return;
  }

  /// The caller holds the mutex.
  Result<LogSink*> sink_of(const std::string& service) {
    if (const auto found = sinks.find(service); found != sinks.end()) return found->second.get();
    const auto row = ledger->row_of(service);
    if (!row) return row.error();
    const LogSink::Parts parts{options.directory_fd, *ledger,      options.trouble,
                               options.rotated,      options.full, journal};
    auto sink = std::make_unique<LogSink>(parts, row.value(), service, rules);
    return sinks.emplace(service, std::move(sink)).first->second.get();
  }

  /// In the order in which they were given. Returns whether it is time to end.
  bool carry_out_commands(Mover& mover) {
    std::vector<Command> taken;
    bool time_to_end = false;
    {
      const std::lock_guard lock(mutex);
      taken.swap(commands);
      time_to_end = ending;
    }
    for (Command& command : taken) {
      if (const auto* const given = std::get_if<LogRules>(&command)) timer.set(given->rotation.every);
      std::visit([&mover](auto& each) { mover.carry_out(std::move(each)); }, command);
    }
    return time_to_end;
  }

  void serve(Mover& mover, std::uint64_t number) {
    if (number == timer_number) {
      timer.renew();
      mover.look_at_files();
    } else if (number != wake_number) {
      mover.serve(number);
    }
  }

  /// How long may be waited for an event, in milliseconds; -1: however long.
  static int patience_with(const Mover& mover) {
    if (mover.has_waiting()) return static_cast<int>(between_tries_of_waiting.count());
    return mover.has_untold() ? static_cast<int>(between_tries.count()) : -1;
  }

  /// The thread: until it is time to end, and then until nothing is there any more, or long enough.
  void work(Mover& mover) {
    for (const std::string& complaint : ledger->complaints())
      options.trouble(complaint);
    std::optional<MonoTime> deadline;
    MonoTime next_try = read_mono();
    MonoTime next_try_of_waiting = next_try;
    for (;;) {
      const int patience = deadline || mover.is_looking() ? 0 : patience_with(mover);
      std::array<epoll_event, 64> events{};
      const int count = ::epoll_wait(epoll.get(), events.data(), events.size(), patience);
      // Cleared before the commands are taken: whoever rings while they are being carried out wakes us again.
      clear_wake();
      if (carry_out_commands(mover) && !deadline) {
        deadline = later(read_mono(), most_at_the_end);
        mover.end();
        continue;
      }
      for (int i = 0; i < count; ++i)
        serve(mover, events[static_cast<std::size_t>(i)].data.u64);
      mover.look_at_next();
      const MonoTime now = read_mono();
      if (deadline && (count == 0 || now >= *deadline)) break;
      if (!deadline && mover.has_waiting() && now >= next_try_of_waiting) {
        mover.listen_to_waiting();
        next_try_of_waiting = later(now, between_tries_of_waiting);
      }
      if (now < next_try) continue;
      mover.tell_dropped();
      next_try = later(now, between_tries);
    }
    mover.tell_dropped();
  }

  Options options;
  JournalForward journal{
      {.stack = options.stack, .socket = options.journal, .trouble = options.trouble}}; ///< the thread's
  std::optional<LogLedger> ledger;
  const Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  const Fd wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  LogTimer timer; ///< the thread's
  Status state = Done{};

  std::mutex mutex; ///< guards what follows but the thread
  LogRules rules;
  std::map<std::string, std::unique_ptr<LogSink>>
      sinks; ///< never removed from: the thread uses them unguarded
  std::vector<Command> commands;
  std::uint64_t last_number = wake_number;
  bool ending = false;

  std::thread thread;
};

LogCapture::LogCapture(Options options) : shared_(std::make_unique<Shared>(std::move(options))) {
  shared_->state = shared_->start();
}

LogCapture::~LogCapture() {
  if (!shared_->thread.joinable()) return;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->ending = true;
  }
  shared_->wake_up();
  shared_->thread.join();
}

Result<LogCapture::PipeNumber> LogCapture::add(const LogSource& source, Fd read_end) {
  if (!shared_->state) return shared_->state.error();
  const auto id = identify(source.id, read_end.get());
  if (!id) return id.error();
  const std::lock_guard lock(shared_->mutex);
  const auto sink = shared_->sink_of(source.service);
  if (!sink) return sink.error();
  const std::uint64_t number = shared_->last_number + 1;
  // Watched before it is handed over: the thread looks at the commands before it looks at the events.
  if (auto watched = watch(shared_->epoll.get(), read_end.get(), number); !watched) return watched.error();
  shared_->last_number = number;
  shared_->commands.emplace_back(Added{.number = number,
                                       .source = {.sink = sink.value(),
                                                  .id = id.value(),
                                                  .timestamps = source.timestamps,
                                                  .read = std::move(read_end),
                                                  .left = std::nullopt}});
  return number;
}

void LogCapture::finish(PipeNumber pipe) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->commands.emplace_back(Finished{pipe});
  }
  shared_->wake_up();
}

void LogCapture::reopen(const LogRules& rules) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->rules = rules;
    shared_->commands.emplace_back(rules);
  }
  shared_->wake_up();
}

std::uint64_t LogCapture::dropped(const std::string& service) const {
  const std::lock_guard lock(shared_->mutex);
  const auto found = shared_->sinks.find(service);
  return found == shared_->sinks.end() ? 0 : found->second->dropped();
}

} // namespace holdfast::linux_os
