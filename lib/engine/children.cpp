#include "engine/children.h"

#include "linux/pidfd.h"

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace holdfast::engine {
namespace {

using Kind = linux_os::LaunchOutcome::Kind;

void ring(int eventfd) {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(eventfd, &one, sizeof one));
}

} // namespace

Children::Children(boost::asio::io_context& loop, std::function<void(pid_t)> reap)
    : reap_(std::move(reap)), wake_(loop, ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      launcher_([fd = wake_.native_handle()] { ring(fd); }) {
  wait();
}

void Children::wait() {
  wake_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
    if (error) return;
    std::uint64_t count = 0;
    static_cast<void>(!::read(wake_.native_handle(), &count, sizeof count));
    for (auto& outcome : launcher_.take())
      take(std::move(outcome));
    wait();
  });
}

Ticket Children::start(linux_os::LaunchOrder order, ChildHandlers handlers) {
  auto child = std::make_unique<Child>();
  child->handlers = std::move(handlers);
  if (order.pid_at_birth == nullptr) order.pid_at_birth = &child->own_slot;
  child->pid_at_birth = order.pid_at_birth;
  const Ticket ticket = order.ticket = ++last_;
  launching_[ticket] = child.get();
  children_[ticket] = std::move(child);
  launcher_.submit(std::move(order));
  return ticket;
}

Ticket Children::adopt(pid_t pid, ChildHandlers handlers) {
  auto child = std::make_unique<Child>();
  child->handlers = std::move(handlers);
  child->pid_at_birth = &child->own_slot;
  child->launched = true;
  child->pid = pid;
  // Its pid is its own until its exit is acknowledged, so this is the right one.
  if (auto held = linux_os::open_pidfd(pid)) child->pidfd = std::move(held).value();
  const Ticket ticket = ++last_;
  children_[ticket] = std::move(child);
  by_pid_[pid] = ticket;
  return ticket;
}

void Children::look(const model::Program& program, std::vector<std::shared_ptr<const Fd>> sockets,
                    Seen seen) {
  linux_os::LaunchOrder order;
  order.kind = linux_os::LaunchOrder::Kind::look;
  order.ticket = ++last_;
  order.program = program;
  order.sockets = std::move(sockets);
  looks_[order.ticket] = std::move(seen);
  launcher_.submit(std::move(order));
}

void Children::take(linux_os::LaunchOutcome outcome) {
  const Ticket ticket = outcome.ticket;
  if (auto look = looks_.extract(ticket); !look.empty()) {
    look.mapped()(std::move(outcome.error.what), std::move(outcome.opened));
    return;
  }
  launching_.erase(ticket);
  switch (outcome.kind) {
  case Kind::started: return launched(ticket, std::move(outcome));
  case Kind::failed: return failed(ticket, std::move(outcome));
  case Kind::refused:
  case Kind::looked: children_[ticket]->handlers.refused(outcome.error); return end(ticket);
  }
}

void Children::launched(Ticket ticket, linux_os::LaunchOutcome outcome) {
  Child& child = *children_[ticket];
  child.launched = true;
  child.pid = outcome.pid;
  child.pidfd = std::move(outcome.pidfd);
  child.handlers.started(outcome.pid);
  if (!child.exit) {
    by_pid_[child.pid] = ticket;
    return;
  }
  child.handlers.exited(*child.exit);
  end(ticket);
  reap_(outcome.pid);
}

void Children::failed(Ticket ticket, linux_os::LaunchOutcome outcome) {
  Child& child = *children_[ticket];
  if (outcome.pid == 0 || child.exit) {
    const pid_t ended = child.pid;
    child.handlers.failed(outcome.error);
    end(ticket);
    if (ended != 0) reap_(ended);
    return;
  }
  // The child that could not exec is about to be a zombie; until it is, its leaf is not empty.
  child.error = std::move(outcome.error);
  by_pid_[outcome.pid] = ticket;
}

Children::Child* Children::child_of(pid_t pid, Ticket& ticket) {
  if (const auto known = by_pid_.find(pid); known != by_pid_.end()) {
    ticket = known->second;
    return children_[ticket].get();
  }
  for (const auto& [launching, child] : launching_)
    if (child->pid_at_birth->load() == pid) {
      ticket = launching;
      return child;
    }
  return nullptr;
}

void Children::exited(pid_t pid, model::ExitStatus status) {
  Ticket ticket = 0;
  Child* child = child_of(pid, ticket);
  if (child != nullptr && !child->launched && !child->error) {
    // Not before its launch is answered: until then nothing of it is part of the state.
    child->exit = status;
    child->pid = pid;
    return;
  }
  if (child != nullptr) {
    by_pid_.erase(pid);
    if (child->error)
      child->handlers.failed(*child->error);
    else
      child->handlers.exited(status);
    end(ticket);
  }
  reap_(pid);
}

Status Children::signal(Ticket ticket, int signal) const {
  const auto child = children_.find(ticket);
  if (child == children_.end() || !child->second->pidfd.valid()) return Done{};
  return linux_os::send_signal(child->second->pidfd.get(), signal);
}

void Children::end(Ticket ticket) {
  over_.push_back(std::move(children_.extract(ticket).mapped()));
}

} // namespace holdfast::engine
